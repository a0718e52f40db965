package io.troika.server.front.http;

import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is answered where.
 *
 * @param atOnce pages that never wait, answered on the caller's thread
 * @param pages answered on {@code readers}, which refuses what is too much
 * @param actions answered when somebody POSTs, on {@code workers}, which likewise refuses: what
 *     takes its time there keeps nobody from reading
 */
record Site(
    Map<String, Page.Source> atOnce,
    Map<String, Page.Source> pages,
    Map<String, Page.Source> actions,
    Executor readers,
    Executor workers) {
  private static final Logger LOG = LoggerFactory.getLogger(Site.class);

  /** Hands {@code answer} exactly one page, now or on another thread later. */
  void answer(Request request, Consumer<Page> answer) {
    String path = request.path();
    Page.Source quick = atOnce.get(path);
    Page.Source page = pages.get(path);
    Page.Source action = actions.get(path);
    boolean reads = request.method().equals("GET") || request.method().equals("HEAD");
    if (reads && quick != null) {
      answer.accept(page(quick, request));
    } else if (reads && page != null) {
      later(readers, page, request, answer);
    } else if (request.method().equals("POST") && action != null) {
      later(workers, action, request, answer);
    } else if (quick != null || page != null || action != null || !reads) {
      answer.accept(Page.text(405, action == null ? "only GET and HEAD\n" : "only POST\n"));
    } else {
      answer.accept(Page.text(404, "not found\n"));
    }
  }

  private static void later(
      Executor threads, Page.Source source, Request request, Consumer<Page> answer) {
    try {
      threads.execute(() -> answer.accept(page(source, request)));
    } catch (RejectedExecutionException e) {
      LOG.debug("{} is asked for too often", request.path(), e);
      answer.accept(Page.text(503, "too many ask for this at once\n"));
    }
  }

  private static Page page(Page.Source source, Request request) {
    try {
      return source.get(request);
    } catch (RuntimeException | Error e) { // of these too somebody has to hear
      LOG.error("{} could not be answered", request.path(), e);
      return Page.text(500, "failed; the log of this node says why\n");
    }
  }
}
