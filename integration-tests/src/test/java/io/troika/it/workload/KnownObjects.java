package io.troika.it.workload;

import io.troika.client.Bytes;
import io.troika.client.CommitOutcomeUnknownException;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.Tid;
import io.troika.client.TroikaClient;
import io.troika.it.cluster.PatientClient;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;

/**
 * Many objects of which a known few are changed all the time, one in a transaction. What an object
 * holds says which it is, so that data of another one would show.
 */
public final class KnownObjects implements AutoCloseable {
  private static final long FIRST_OID = 1L << 41; // far above what the cluster hands out
  private static final int OBJECTS = 10_000;
  private static final int CHANGING = 300;
  private static final int PER_TRANSACTION = 500;
  private static final int OBJECT_BYTES = 256;
  private static final int WRITERS = 16;
  private static final long STOP_SECONDS_MAX = 180;

  private final TroikaClient client;
  private final List<Oid> oids =
      LongStream.range(FIRST_OID, FIRST_OID + OBJECTS).mapToObj(Oid::new).toList();
  private final AtomicLong acknowledged = new AtomicLong();
  private final ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
  private final List<Future<?>> writers = new ArrayList<>();
  private volatile boolean stopping;

  private KnownObjects(String endpoints) {
    client = PatientClient.connect(endpoints);
  }

  /** Commits all objects and starts to change the few. */
  public static KnownObjects create(String endpoints) {
    KnownObjects objects = new KnownObjects(endpoints);
    objects.createAll();
    for (int i = 0; i < WRITERS; i++) {
      Random random = new Random(i);
      objects.writers.add(objects.threads.submit(() -> objects.change(random)));
    }
    return objects;
  }

  private void createAll() {
    ObjectStore store = client.store("main");
    for (int i = 0; i < OBJECTS; i += PER_TRANSACTION) {
      List<Oid> some = oids.subList(i, i + PER_TRANSACTION);
      store.execute(transaction -> some.forEach(oid -> transaction.createAt(oid, content(oid))));
    }
  }

  private void change(Random random) {
    ObjectStore store = client.store("main");
    while (!stopping) {
      Oid oid = oids.get(random.nextInt(CHANGING));
      try {
        Tid tid = store.execute(transaction -> transaction.write(oid, content(oid)));
        acknowledged.accumulateAndGet(tid.value(), Math::max);
      } catch (CommitOutcomeUnknownException e) {
        // Not acknowledged: readers may see it or not. The log will say.
      }
    }
  }

  private static Bytes content(Oid oid) {
    return Bytes.wrap(ByteBuffer.allocate(OBJECT_BYTES).putLong(oid.value()).array());
  }

  /** Whether that is what an object of this id holds. */
  static boolean isContentOf(Oid oid, Bytes data) {
    return data.equals(content(oid));
  }

  /** Those that nobody changes. */
  public List<Oid> unchanged() {
    return oids.subList(CHANGING, OBJECTS);
  }

  /** Those that change. */
  List<Oid> changing() {
    return oids.subList(0, CHANGING);
  }

  /** The newest tid that was acknowledged to a writer: a view opened from now on includes it. */
  long acknowledged() {
    return acknowledged.get();
  }

  /**
   * Ends the changes.
   *
   * @return all of them, from the cluster's own log
   */
  public RevisionLog stop() throws Exception {
    stopping = true;
    for (Future<?> writer : writers) {
      writer.get(STOP_SECONDS_MAX, TimeUnit.SECONDS);
    }
    return RevisionLog.read(client.store("main"));
  }

  @Override
  public void close() {
    stopping = true;
    threads.shutdownNow();
    client.close();
  }
}
