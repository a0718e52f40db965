package io.troika.server.cli.demo;

import io.troika.client.ReadView;
import io.troika.client.Revision;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A client that reads what another one wrote, all the time: a view opened after an acknowledgement
 * must see that transaction. Counts reads that saw the past.
 */
final class DemoReader implements AutoCloseable {
  private final TroikaClient client;
  private final Thread thread;
  private final List<DemoLoad.Acknowledged> acknowledged =
      Collections.synchronizedList(new ArrayList<>());
  private final AtomicLong reads = new AtomicLong();
  private final AtomicLong stale = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private volatile boolean stopping;

  DemoReader(String endpoints) {
    client = TroikaClient.connect(endpoints);
    thread = new Thread(this::loop, "demo-reader");
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** From now on every view must see this transaction. */
  void acknowledged(DemoLoad.Acknowledged transaction) {
    acknowledged.add(transaction);
  }

  private void loop() {
    while (!stopping) {
      int count = acknowledged.size();
      if (count == 0) {
        Thread.onSpinWait();
        continue;
      }
      DemoLoad.Acknowledged newest = acknowledged.get(count - 1);
      DemoLoad.Acknowledged any = acknowledged.get(ThreadLocalRandom.current().nextInt(count));
      try (ReadView view = client.store("main").view()) {
        check(view, newest, any);
      } catch (TroikaException e) {
        failed.incrementAndGet(); // counted and shown: a call that found no leader in time
      }
    }
  }

  private void check(ReadView view, DemoLoad.Acknowledged newest, DemoLoad.Acknowledged any) {
    boolean seesNewest = view.tid().compareTo(newest.tid()) >= 0;
    Optional<Revision> revision = any.sample().flatMap(view::find);
    // A later transaction may have deleted the object, so only an older revision is a stale one.
    boolean seesAny = revision.isEmpty() || revision.get().serial().compareTo(any.tid()) >= 0;
    reads.incrementAndGet();
    if (!seesNewest || !seesAny) {
      stale.incrementAndGet();
    }
  }

  long reads() {
    return reads.get();
  }

  long stale() {
    return stale.get();
  }

  long failed() {
    return failed.get();
  }

  /** Ends the reading; the counts stay. */
  void stop() throws InterruptedException {
    stopping = true;
    thread.join();
  }

  @Override
  public void close() {
    stopping = true;
    client.close();
  }
}
