package io.troika.it.workload;

import io.troika.client.ClientListener;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.ReadView;
import io.troika.client.Revision;
import io.troika.client.Tid;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.it.cluster.PatientClient;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Threads that read {@link KnownObjects} through one client's cache, view after view. */
public final class CheckedReaders implements AutoCloseable {
  private static final int READS_PER_VIEW = 2_000;

  /** One read in so many is of an object that changes. */
  private static final int CHANGING_EVERY = 10;

  private static final long HANG_MILLIS = 300;
  private static final int HANGS_MAX = 200; // a minute: without a leader nothing is missed
  private static final long STOP_SECONDS_MAX = 180;
  private static final long PROGRESS_SECONDS_MAX = 600;

  private final Hang hang;
  private final TroikaClient client;
  private final ObjectStore store;
  private final KnownObjects objects;
  private final ExecutorService threads;
  private final List<Future<?>> readers = new ArrayList<>();
  private final AtomicLong reads = new AtomicLong();
  private final AtomicLong wrong = new AtomicLong();
  private final AtomicLong failedViews = new AtomicLong();
  private final Queue<Seen> seen = new ConcurrentLinkedQueue<>();
  private volatile boolean stopping;

  /** What a view showed of an object that changes; serial 0: nothing. */
  private record Seen(Oid oid, long viewTid, long serial) {}

  /**
   * What came out.
   *
   * @param cachedReads those that the cache answered
   * @param reads all of them, each checked
   * @param stale reads that were not what their view may see, and views that lacked what had been
   *     acknowledged before
   * @param changesSeen different revisions of changing objects that were read
   * @param dropped entries that a verification found to be no longer current
   * @param failedViews views that no node answered in time
   */
  public record Report(
      long cachedReads, long reads, long stale, long changesSeen, long dropped, long failedViews) {}

  /**
   * A client that hangs just when it would ask what it missed, as one whose machine was suspended
   * during a fail-over. Otherwise the next watch is there before anything was missed.
   */
  private static final class Hang implements ClientListener {
    private final AtomicLong dropped = new AtomicLong();
    private final KnownObjects objects;

    private Hang(KnownObjects objects) {
      this.objects = objects;
    }

    @Override
    public void cacheVerificationStarted(long verification, String storage, Tid verifiedTid) {
      try {
        // The fault itself takes this long, and until something was missed.
        for (int i = 0; i < HANGS_MAX; i++) {
          long newest = objects.acknowledged();
          TimeUnit.MILLISECONDS.sleep(HANG_MILLIS);
          if (newest > verifiedTid.value()) {
            return;
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void cacheVerificationFinished(
        long verification, String storage, Tid verifiedTid, long kept, long dropped) {
      this.dropped.addAndGet(dropped);
    }
  }

  private CheckedReaders(String endpoints, KnownObjects objects, int count) {
    this.hang = new Hang(objects);
    this.client = PatientClient.builder(endpoints).listener(hang).build();
    this.store = client.store("main");
    this.objects = objects;
    this.threads = Executors.newFixedThreadPool(count);
  }

  /** Starts that many threads on one client. */
  public static CheckedReaders start(String endpoints, KnownObjects objects, int count) {
    CheckedReaders all = new CheckedReaders(endpoints, objects, count);
    for (int i = 0; i < count; i++) {
      Random random = new Random(1_000 + i);
      all.readers.add(all.threads.submit(() -> all.read(random)));
    }
    return all;
  }

  private void read(Random random) {
    while (!stopping) {
      long acknowledged = objects.acknowledged();
      try (ReadView view = store.view()) {
        if (view.tid().value() < acknowledged) {
          wrong.incrementAndGet();
        }
        for (int i = 0; i < READS_PER_VIEW; i++) {
          readOne(view, random);
        }
      } catch (TroikaException e) {
        failedViews.incrementAndGet(); // counted and reported: nothing was read
      }
    }
  }

  private void readOne(ReadView view, Random random) {
    boolean changing = random.nextInt(CHANGING_EVERY) == 0;
    List<Oid> oids = changing ? objects.changing() : objects.unchanged();
    Oid oid = oids.get(random.nextInt(oids.size()));
    Optional<Revision> found = view.find(oid);
    if (found.isPresent() && !KnownObjects.isContentOf(oid, found.get().data())) {
      wrong.incrementAndGet();
    }
    if (changing || found.isEmpty()) {
      long serial = found.map(revision -> revision.serial().value()).orElse(0L);
      seen.add(new Seen(oid, view.tid().value(), serial));
    }
    reads.incrementAndGet();
  }

  /** Waits until the cache has answered that many more. */
  public void awaitMoreCachedReads(long more) throws InterruptedException {
    long target = store.cacheStatistics().hits() + more;
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PROGRESS_SECONDS_MAX);
    while (store.cacheStatistics().hits() < target) {
      if (System.nanoTime() > end) {
        throw new AssertionError(
            "%s of %s cached reads in %s s"
                .formatted(store.cacheStatistics().hits(), target, PROGRESS_SECONDS_MAX));
      }
      TimeUnit.MILLISECONDS.sleep(20); // a poll, bounded by the time above
    }
  }

  /** Ends the readers and holds what they saw of changing objects against the log. */
  public Report stop(RevisionLog log) throws Exception {
    stopping = true;
    for (Future<?> reader : readers) {
      reader.get(STOP_SECONDS_MAX, TimeUnit.SECONDS);
    }
    long stale = wrong.get();
    Set<Long> revisions = new HashSet<>();
    for (Seen each : seen) {
      stale += log.serialAt(each.oid, each.viewTid) == each.serial ? 0 : 1;
      revisions.add(each.serial);
    }
    return new Report(
        store.cacheStatistics().hits(),
        reads.get(),
        stale,
        revisions.size(),
        hang.dropped.get(),
        failedViews.get());
  }

  @Override
  public void close() {
    stopping = true;
    threads.shutdownNow();
    client.close();
  }
}
