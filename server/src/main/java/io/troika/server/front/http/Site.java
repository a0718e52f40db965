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
 * @param others answered on {@code threads}, which refuses what is too much
 */
record Site(Map<String, Page.Source> atOnce, Map<String, Page.Source> others, Executor threads) {
  private static final Logger LOG = LoggerFactory.getLogger(Site.class);

  /** Hands {@code answer} exactly one page, now or on another thread later. */
  void answer(String path, String query, Consumer<Page> answer) {
    Page.Source quick = atOnce.get(path);
    Page.Source other = others.get(path);
    if (quick != null) {
      answer.accept(page(path, quick, query));
    } else if (other != null) {
      try {
        threads.execute(() -> answer.accept(page(path, other, query)));
      } catch (RejectedExecutionException e) {
        LOG.debug("{} is asked for too often", path, e);
        answer.accept(Page.text(503, "too many ask for this at once\n"));
      }
    } else {
      answer.accept(Page.text(404, "not found\n"));
    }
  }

  private static Page page(String path, Page.Source source, String query) {
    try {
      return source.get(query);
    } catch (RuntimeException e) {
      LOG.error("{} could not be answered", path, e);
      return Page.text(500, "failed; the log of this node says why\n");
    }
  }
}
