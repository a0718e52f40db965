package io.troika.server.config;

import static io.troika.server.config.Setting.DAY;
import static io.troika.server.config.Setting.GIB;
import static io.troika.server.config.Setting.MIB;
import static io.troika.server.config.Setting.MINUTE;
import static io.troika.server.config.Setting.SECOND;
import static io.troika.server.config.Setting.Unit.BYTES;
import static io.troika.server.config.Setting.Unit.COUNT;
import static io.troika.server.config.Setting.Unit.MILLIS;

import com.typesafe.config.Config;
import io.troika.server.config.NodeConfig.LimitsConfig;
import io.troika.server.config.NodeConfig.RateLimits;
import io.troika.server.config.NodeConfig.StagingLimits;
import java.time.Duration;
import java.util.List;
import java.util.function.ToLongFunction;

/** The section {@code limits}. */
final class LimitsSettings {
  static final Setting TRANSACTION_OBJECTS_MAX =
      limit(
          "transaction-objects-max",
          COUNT,
          1,
          10_000_000,
          LimitsConfig::transactionObjectsMax,
          "Reads to check, writes, deletes and undos of one transaction together.");
  static final Setting SESSIONS_MAX =
      limit(
          "sessions-max",
          COUNT,
          1,
          1_000_000,
          LimitsConfig::sessionsMax,
          "Voted transactions that hold locks at once.");
  static final Setting VOTE_LEASE =
      limit(
          "vote-lease",
          MILLIS,
          SECOND,
          60 * MINUTE,
          l -> l.voteLease().toMillis(),
          "How long a voted transaction holds its locks.");
  static final Setting LOCK_WAITERS_MAX =
      limit(
          "lock-waiters-max",
          COUNT,
          1,
          1_000_000,
          LimitsConfig::lockWaitersMax,
          "Transactions that wait for locks at once.");
  static final Setting WATCHERS_MAX =
      limit("watchers-max", COUNT, 1, 1_000_000, LimitsConfig::watchersMax, "Open watch streams.");
  static final Setting WATCH_BACKLOG_EVENTS =
      limit(
          "watch-backlog-events",
          COUNT,
          16,
          1_000_000,
          LimitsConfig::watchBacklogEvents,
          "Events buffered for one watcher before it is told to verify its cache instead.");
  static final Setting READ_WAIT =
      limit(
          "read-wait",
          MILLIS,
          0,
          10 * MINUTE,
          l -> l.readWait().toMillis(),
          "How long a read waits for this node to apply the tid it asks for.");
  static final Setting PACK_MARK_SIZE =
      limit(
          "pack-mark-size",
          BYTES,
          MIB,
          64L * GIB,
          LimitsConfig::packMarkBytesMax,
          "Memory of the leader for the marks of reachable objects while a pack looks for garbage:"
              + " a quarter of a byte for each object if oids were given out in turn. With less"
              + " than it takes, a pack keeps all objects and says so.");
  static final Setting STAGING_KEEP =
      limit(
          "staging-keep",
          MILLIS,
          MINUTE,
          30 * DAY,
          l -> l.staging().keep().toMillis(),
          "How long the bytes of a blob, or of a large transaction, are kept after the last of them"
              + " came, if the transaction does not commit.");
  static final Setting STAGED_SIZE_MAX =
      limit(
          "staged-size-max",
          BYTES,
          MIB,
          1L << 50,
          l -> l.staging().storageBytesMax(),
          "Bytes of blobs and large transactions in one storage that have not committed; no blob"
              + " can be larger.");
  static final Setting STAGED_GROUP_SIZE_MAX =
      limit(
          "staged-group-size-max",
          BYTES,
          MIB,
          1L << 50,
          l -> l.staging().groupBytesMax(),
          "The same in all storages together.");

  static final Setting TRANSACTION_SIZE_MAX =
      limit(
          "transaction-size-max",
          BYTES,
          MIB,
          1L << 50,
          l -> l.staging().transactionBytesMax(),
          "Data of one transaction, without blobs. More than fits into a log entry is staged"
              + " ahead of it.");

  static final Setting CLIENT_REQUESTS =
      limit(
          "client-requests",
          COUNT,
          0,
          10_000_000,
          l -> l.rates().requestsPerSecond(),
          "Requests of one client a second on one node; 0: as many as it likes. A client is the"
              + " name in its certificate or token, else its address. Over it Java clients are told"
              + " when to come again, and ZEO clients are read more slowly.");
  static final Setting CLIENT_BYTES =
      limit(
          "client-bytes",
          BYTES,
          0,
          1L << 40,
          l -> l.rates().bytesPerSecond(),
          "The same for the bytes that it sends and is answered, together.");

  static final List<Setting> ALL =
      List.of(
          TRANSACTION_OBJECTS_MAX,
          SESSIONS_MAX,
          VOTE_LEASE,
          LOCK_WAITERS_MAX,
          WATCHERS_MAX,
          WATCH_BACKLOG_EVENTS,
          READ_WAIT,
          PACK_MARK_SIZE,
          STAGING_KEEP,
          STAGED_SIZE_MAX,
          STAGED_GROUP_SIZE_MAX,
          TRANSACTION_SIZE_MAX,
          CLIENT_REQUESTS,
          CLIENT_BYTES);

  private LimitsSettings() {}

  static LimitsConfig read(Config config, NodeConfig defaults) {
    return new LimitsConfig(
        Math.toIntExact(TRANSACTION_OBJECTS_MAX.read(config, defaults)),
        Math.toIntExact(SESSIONS_MAX.read(config, defaults)),
        Duration.ofMillis(VOTE_LEASE.read(config, defaults)),
        Math.toIntExact(LOCK_WAITERS_MAX.read(config, defaults)),
        Math.toIntExact(WATCHERS_MAX.read(config, defaults)),
        Math.toIntExact(WATCH_BACKLOG_EVENTS.read(config, defaults)),
        Duration.ofMillis(READ_WAIT.read(config, defaults)),
        PACK_MARK_SIZE.read(config, defaults),
        new StagingLimits(
            Duration.ofMillis(STAGING_KEEP.read(config, defaults)),
            STAGED_SIZE_MAX.read(config, defaults),
            STAGED_GROUP_SIZE_MAX.read(config, defaults),
            TRANSACTION_SIZE_MAX.read(config, defaults)),
        new RateLimits(
            CLIENT_REQUESTS.read(config, defaults), CLIENT_BYTES.read(config, defaults)));
  }

  private static Setting limit(
      String key,
      Setting.Unit unit,
      long min,
      long max,
      ToLongFunction<LimitsConfig> current,
      String description) {
    return new Setting(
        "limits." + key, unit, min, max, c -> current.applyAsLong(c.limits()), description);
  }
}
