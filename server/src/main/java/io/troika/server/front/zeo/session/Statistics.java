package io.troika.server.front.zeo.session;

import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What ZEO clients did on this node since it started, by storage. Safe for any thread. */
public final class Statistics {
  private static final DateTimeFormatter START =
      DateTimeFormatter.ofPattern("EEE MMM dd HH:mm:ss yyyy", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final Map<String, OfStorage> storages = new ConcurrentHashMap<>();
  private final String start;

  public Statistics(Instant start) {
    this.start = START.format(start);
  }

  public OfStorage of(String storage) {
    return storages.computeIfAbsent(storage, name -> new OfStorage());
  }

  /** Open connections, all storages together. */
  public long connections() {
    return storages.values().stream().mapToLong(storage -> storage.connections.sum()).sum();
  }

  /** A storage as {@code server_status} and {@code ruok} tell it. */
  public Map<Object, @Nullable Object> describe(StorageState storage) {
    return describe(storage.name(), storage.lastTid());
  }

  Map<Object, @Nullable Object> describe(String storage, Tid lastTid) {
    OfStorage counts = of(storage);
    Map<Object, @Nullable Object> status = new LinkedHashMap<>();
    status.put("connections", counts.connections.sum());
    status.put("loads", counts.loads.sum());
    status.put("stores", counts.stores.sum());
    status.put("commits", counts.commits.sum());
    status.put("aborts", counts.aborts.sum());
    status.put("active_txns", counts.activeTransactions.sum());
    status.put("conflicts", counts.conflicts.sum());
    status.put("conflicts_resolved", 0L); // clients resolve them, and don't tell
    status.put("lock_time", null); // no lock of the whole storage is ever held
    status.put("start", start);
    status.put("waiting", counts.waitingVotes.sum());
    status.put("timeout-thread-is-alive", true);
    status.put("last-transaction", "%016x".formatted(lastTid.value()));
    return status;
  }

  /** Counts of one storage. */
  public static final class OfStorage {
    public final LongAdder connections = new LongAdder();
    public final LongAdder loads = new LongAdder();
    public final LongAdder stores = new LongAdder();
    public final LongAdder commits = new LongAdder();
    public final LongAdder aborts = new LongAdder();
    public final LongAdder conflicts = new LongAdder();
    public final LongAdder activeTransactions = new LongAdder();
    public final LongAdder waitingVotes = new LongAdder();

    private OfStorage() {}
  }
}
