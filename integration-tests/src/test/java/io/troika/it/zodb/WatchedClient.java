package io.troika.it.zodb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The process of {@code warm.py watch}: when it committed, and what it says of its cache. */
final class WatchedClient implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final Process process;
  private final BlockingQueue<String> reports = new LinkedBlockingQueue<>();
  private final List<Long> commitNanos = new ArrayList<>(); // guarded by itself

  /**
   * What it said of itself: {@code host:port} of its node, and of how many entries it has how many.
   */
  record Report(String node, int kept, int entries) {
    static Report of(String line) {
      String[] words = line.split(" ", -1);
      return new Report(words[1], Integer.parseInt(words[3]), Integer.parseInt(words[5]));
    }
  }

  WatchedClient(Process process) {
    this.process = process;
    Thread reader = new Thread(this::read, "watched client");
    reader.setDaemon(true);
    reader.start();
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.equals("committed")) {
          synchronized (commitNanos) {
            commitNanos.add(System.nanoTime());
          }
        } else {
          reports.add(line);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until its cache is warm. */
  void awaitWarm() throws InterruptedException {
    String line = next();
    if (!line.equals("warm")) {
      throw new AssertionError("expected warm, found " + line);
    }
  }

  /** The same, once it is connected to a node. */
  Report reportConnected() {
    return await().atMost(PATIENCE).until(this::report, report -> !report.node().equals("none"));
  }

  /** Asks it for its node, "none" if it has none just now, and its cache. */
  Report report() throws IOException, InterruptedException {
    process.getOutputStream().write('\n');
    process.getOutputStream().flush();
    return Report.of(next());
  }

  private String next() throws InterruptedException {
    @Nullable String line = reports.poll(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    if (line == null) {
      throw new AssertionError("no report within " + PATIENCE + "; alive: " + process.isAlive());
    }
    return line;
  }

  /** Waits for so many commits after {@code fromNanos}; fails if the process ends. */
  void awaitCommits(long fromNanos, int count) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(
            () -> {
              if (!process.isAlive()) {
                throw new AssertionError("the client ended with " + process.exitValue());
              }
              synchronized (commitNanos) {
                return commitNanos.stream().filter(nanos -> nanos > fromNanos).count() >= count;
              }
            });
  }

  /** The longest time without a commit from {@code fromNanos} on. */
  Duration longestGap(long fromNanos) {
    synchronized (commitNanos) {
      long last = fromNanos;
      long longest = 0;
      for (long nanos : commitNanos) {
        if (nanos > fromNanos) {
          longest = Math.max(longest, nanos - last);
          last = nanos;
        }
      }
      return Duration.ofNanos(longest);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
