package io.troika.client;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Every operation of a client that asks a node, each as something that blocks until it ends. */
final class Operations {
  private static final Oid OID = new Oid(7);
  private static final Tid TID = new Tid(1001);

  private Operations() {}

  /**
   * @param address of a node, for what is asked of one
   * @param timeout for what has a time-out of its own
   */
  static Map<String, Consumer<TroikaClient>> all(String address, Duration timeout) {
    Map<String, Consumer<TroikaClient>> all = new LinkedHashMap<>();
    reads(all);
    lists(all);
    changes(all);
    admin(all, address, timeout);
    return all;
  }

  private static void reads(Map<String, Consumer<TroikaClient>> all) {
    all.put("view linearizable", c -> c.store("main").view(Freshness.LINEARIZABLE).close());
    all.put("view session", c -> c.store("second").view(Freshness.SESSION).close());
    all.put("viewAsync", c -> join(c.store("main").viewAsync(Freshness.LINEARIZABLE)));
    all.put("view find", c -> use(c.store("main").viewAt(TID).find(OID)));
    all.put("view findAsync", c -> join(c.store("main").viewAt(TID).findAsync(OID)));
    all.put("view readAsync", c -> join(c.store("main").viewAt(TID).readAsync(OID)));
    all.put("view readAll", c -> use(c.store("main").viewAt(TID).readAll(List.of(OID))));
    all.put("view readAllAsync", c -> join(c.store("main").viewAt(TID).readAllAsync(List.of(OID))));
    all.put("view oids", c -> use(c.store("main").viewAt(TID).oids(OID).count()));
    all.put("loadSerial", c -> use(c.store("main").loadSerial(OID, TID)));
    all.put("openBlob", c -> use(c.store("main").openBlob(OID, TID)));
  }

  private static void lists(Map<String, Consumer<TroikaClient>> all) {
    all.put("info", c -> use(c.store("main").info()));
    all.put("history", c -> use(c.store("main").history(OID, 1)));
    all.put(
        "transactions",
        c -> use(c.store("main").transactions(TransactionQuery.newestFirst()).count()));
    all.put("changes", c -> use(c.store("main").changes(TID)));
    all.put("changesAsync", c -> join(c.store("main").changesAsync(TID)));
    all.put("watch", c -> c.store("main").watch((tid, oids) -> {}).close());
  }

  private static void changes(Map<String, Consumer<TroikaClient>> all) {
    all.put("run that creates", c -> c.store("main").run(tx -> tx.create("x", Codec.UTF8)));
    all.put("run that reads", c -> c.store("main").run(tx -> tx.read(OID)));
    all.put("commit", c -> c.store("main").execute(tx -> tx.createAt(OID, Bytes.EMPTY)));
    all.put("runAsync", c -> join(c.store("main").runAsync(tx -> tx.readAsync(OID))));
    all.put("commitAsync", c -> join(written(c).commitAsync()));
    all.put("createAsync", c -> join(c.store("second").begin().createAsync(Bytes.EMPTY)));
    all.put("joint run", c -> use(c.run(tx -> written(c, tx))));
    all.put(
        "joint runAsync",
        c ->
            join(
                c.runAsync(
                    TransactionOptions.DEFAULT,
                    tx -> CompletableFuture.completedFuture(written(c, tx)))));
    all.put("restore", c -> c.store("main").restore(restored()));
    all.put("restoreAsync", c -> join(c.store("main").restoreAsync(List.of(restored()))));
    all.put("outcome", c -> use(c.outcome(new TransactionId(new java.util.UUID(1, 2), 3))));
    all.put("abandon", c -> use(c.abandon(new TransactionId(new java.util.UUID(1, 2), 3))));
  }

  private static Transaction written(TroikaClient client) {
    Transaction tx = client.store("main").begin();
    tx.createAt(OID, Bytes.EMPTY);
    return tx;
  }

  private static Oid written(TroikaClient client, JointTransaction tx) {
    tx.in(client.store("main")).createAt(OID, Bytes.EMPTY);
    tx.in(client.store("second")).createAt(OID, Bytes.EMPTY);
    return OID;
  }

  private static RestoredTransaction restored() {
    return new RestoredTransaction(
        new Tid(5_000),
        RestoredTransaction.STATUS_NORMAL,
        TransactionMetadata.EMPTY,
        List.of(new RestoredTransaction.Written(OID, Bytes.EMPTY)));
  }

  private static void admin(
      Map<String, Consumer<TroikaClient>> all, String address, Duration timeout) {
    all.put("admin status", c -> use(c.admin().status()));
    all.put("admin statusOf", c -> use(c.admin().statusOf(address)));
    all.put("admin transferLeadership", c -> use(c.admin().transferLeadership("")));
    all.put("admin takeSnapshot", c -> use(c.admin().takeSnapshot(address)));
    all.put("admin verify", c -> use(c.admin().verify("main", timeout)));
    all.put("admin digest", c -> use(c.admin().digest("main", address, timeout)));
    all.put("admin storages", c -> use(c.admin().storages()));
    all.put("admin pack", c -> use(c.admin().pack("main", Tid.MAX, true)));
    all.put("admin packStatus", c -> use(c.admin().packStatus("main")));
    all.put("admin createStorage", c -> use(c.admin().createStorage("other")));
    all.put(
        "admin replaceStorage",
        c ->
            use(
                c.admin()
                    .replaceStorage(
                        new StorageReplacement(
                            "main", 1, Tid.MAX, "other", Tid.NONE, Tid.NONE, ""))));
    all.put("admin dropStorage", c -> c.admin().dropStorage("other", 1));
    all.put("admin setQuota", c -> use(c.admin().setQuota("main", OptionalLong.of(1 << 20))));
    all.put("admin reportJob", c -> c.admin().reportJob(job()));
    all.put("admin renameStorage", c -> use(c.admin().renameStorage("main", "other")));
  }

  private static Job job() {
    return new Job(
        "id",
        "import",
        "main",
        "me",
        Job.State.RUNNING,
        Instant.EPOCH,
        Optional.empty(),
        "",
        0,
        0,
        "",
        "");
  }

  private static void use(@Nullable Object ignored) {}

  private static void join(CompletableFuture<?> future) {
    try {
      future.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }
}
