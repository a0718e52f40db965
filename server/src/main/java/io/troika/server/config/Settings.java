package io.troika.server.config;

import static io.troika.server.config.Setting.Unit.BYTES;
import static io.troika.server.config.Setting.Unit.COUNT;
import static io.troika.server.config.Setting.Unit.MILLIS;

import com.typesafe.config.Config;
import io.troika.server.config.NodeConfig.LimitsConfig;
import io.troika.server.config.NodeConfig.RaftConfig;
import io.troika.server.config.NodeConfig.StagingLimits;
import io.troika.server.config.NodeConfig.StorageConfig;
import io.troika.server.config.SecurityConfig.PlainText;
import io.troika.server.config.ZeoConfig.Encoding;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Every key with a number or a word there is, in the order of the reference. The one table from
 * which reading, range checks, environment variables, printing and the reference file are derived;
 * the defaults are those of the records.
 */
final class Settings {
  private static final long KIB = 1L << 10;
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;
  private static final long SECOND = 1_000;
  private static final long MINUTE = 60 * SECOND;
  private static final long DAY = 24 * 60 * MINUTE;

  static final String NODE_ID = "node-id";
  static final String DATA_DIRECTORY = "data-directory";
  static final String MEMBERS = "members";
  static final String LISTEN_HOST = "listen-host";
  static final String ZEO_LISTEN = "zeo.listen";
  static final String HTTP_LISTEN = "http.listen";
  static final String TLS_CERTIFICATE = "tls.certificate";
  static final String TLS_KEY = "tls.key";
  static final String TLS_AUTHORITY = "tls.authority";
  static final String ADMINISTRATORS = "security.administrators";
  private static final List<String> TEXTS =
      List.of(
          NODE_ID,
          DATA_DIRECTORY,
          MEMBERS,
          LISTEN_HOST,
          ZEO_LISTEN,
          HTTP_LISTEN,
          TLS_CERTIFICATE,
          TLS_KEY,
          TLS_AUTHORITY,
          ADMINISTRATORS);

  static final Setting ELECTION_TIMEOUT_MIN =
      raft(
          "election-timeout-min",
          MILLIS,
          50,
          MINUTE,
          r -> r.electionTimeoutMin().toMillis(),
          "A follower that hears nothing from the leader this long may start an election.");
  static final Setting ELECTION_TIMEOUT_MAX =
      raft(
          "election-timeout-max",
          MILLIS,
          50,
          10 * MINUTE,
          r -> r.electionTimeoutMax().toMillis(),
          "Upper end of the random election time-out: from the minimum to 10 times the minimum.");
  static final Setting ENTRY_SIZE_MAX =
      raft(
          "entry-size-max",
          BYTES,
          MIB,
          32 * MIB,
          RaftConfig::entryBytesMax,
          "The largest log entry, and so the largest transaction. The same on every node.");
  static final Setting SNAPSHOT_ENTRIES =
      raft(
          "snapshot-entries",
          COUNT,
          1,
          1_000_000_000,
          RaftConfig::snapshotEntries,
          "Entries applied since the last snapshot that cause one.");
  static final Setting SNAPSHOT_SIZE =
      raft(
          "snapshot-size",
          BYTES,
          64 * KIB,
          1_024 * GIB,
          RaftConfig::snapshotBytes,
          "Bytes of entries applied since the last snapshot that cause one.");
  static final Setting PRESERVED_ENTRIES =
      raft(
          "preserved-entries",
          COUNT,
          0,
          100_000_000,
          RaftConfig::preservedEntries,
          "Entries kept in the log behind the snapshot, for followers that were away shortly.");
  static final Setting OUTCOME_RETENTION =
      raft(
          "outcome-retention",
          MILLIS,
          MINUTE,
          365 * DAY,
          r -> r.outcomeRetention().toMillis(),
          "How long the outcome of a transaction can be asked for by its id.");
  static final Setting JOIN =
      Setting.ofWords(
          "raft.join",
          List.of("false", "true"),
          c -> c.raft().join() ? 1 : 0,
          "Whether a node with an empty directory waits to be added to a running group ('troika node"
              + " add'), whose nodes are the other members here. It never begins a group then.");

  static final Setting BLOCK_CACHE_SIZE =
      storage(
          "block-cache-size",
          MIB,
          1_024 * GIB,
          StorageConfig::blockCacheBytes,
          "Memory for blocks read from disk, beside the Java heap; all groups of the node share it.");
  static final Setting MEMTABLE_SIZE =
      storage(
          "memtable-size",
          MIB,
          64 * GIB,
          StorageConfig::memtableBytes,
          "Memory for what is not yet flushed to disk, beside the heap; all groups share it.");
  static final Setting DISK_RESERVE =
      storage(
          "disk-reserve",
          0,
          1_024 * GIB,
          StorageConfig::diskReserveBytes,
          "With less than this free on its disk a leader hands over, or takes no more transactions"
              + " (reads go on); with half of it a follower takes no more entries. Both end by"
              + " themselves when there is room again. 0: writes go on until one fails, and that"
              + " stops the node.");

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
          60_000,
          30L * 24 * 3_600_000,
          l -> l.staging().keep().toMillis(),
          "How long the bytes of a blob are kept after the last of them came, if the transaction"
              + " that brings it does not commit.");
  static final Setting STAGED_SIZE_MAX =
      limit(
          "staged-size-max",
          BYTES,
          MIB,
          1L << 50,
          l -> l.staging().storageBytesMax(),
          "Bytes of blobs in one storage whose transactions have not committed; no blob can be"
              + " larger.");
  static final Setting STAGED_GROUP_SIZE_MAX =
      limit(
          "staged-group-size-max",
          BYTES,
          MIB,
          1L << 50,
          l -> l.staging().groupBytesMax(),
          "The same in all storages together.");

  static final Setting ZEO_ENCODING =
      Setting.ofWords(
          "zeo.encoding",
          List.of("pickle", "msgpack"),
          c -> c.zeo().encoding() == Encoding.MSGPACK ? 1 : 0,
          "How messages are announced to be written; a client follows. msgpack needs the Python"
              + " package msgpack beside ZEO.");
  static final Setting ZEO_FRAME_SIZE_MAX =
      zeo(
          "frame-size-max",
          BYTES,
          MIB,
          GIB,
          ZeoConfig::frameBytesMax,
          "The largest message of a ZEO client; a connection that sends a larger one is closed.");
  static final Setting ZEO_CONNECTIONS_MAX =
      zeo(
          "connections-max",
          COUNT,
          1,
          100_000,
          ZeoConfig::connectionsMax,
          "Open connections of ZEO clients.");
  static final Setting ZEO_TRANSACTION_TIMEOUT =
      zeo(
          "transaction-timeout",
          MILLIS,
          SECOND,
          60 * MINUTE,
          z -> z.transactionTimeout().toMillis(),
          "How long a voted transaction of a ZEO client may wait for its end, then its connection is"
              + " closed and its locks are free. No longer than limits.vote-lease.");
  static final Setting ZEO_CREATE_MISSING_STORAGES =
      Setting.ofWords(
          "zeo.create-missing-storages",
          List.of("false", "true"),
          c -> c.zeo().createMissingStorages() ? 1 : 0,
          "Create a storage, empty, when a ZEO client names it. For tests: only where zeo.listen is"
              + " on loopback.");

  static final Setting ZEO_PACK_GARBAGE =
      Setting.ofWords(
          "zeo.pack-garbage",
          List.of("false", "true"),
          c -> c.zeo().packGarbage() ? 1 : 0,
          "Whether pack() of a ZEO client removes objects that cannot be reached.");

  private static final List<PlainText> PLAIN_TEXT_PLACES =
      List.of(PlainText.LOOPBACK, PlainText.HTTP, PlainText.ANYWHERE);
  static final Setting PLAIN_TEXT =
      Setting.ofWords(
          "security.plain-text",
          List.of("loopback", "http", "anywhere"),
          c -> PLAIN_TEXT_PLACES.indexOf(c.security().plainText()),
          "Where ports may have no TLS: on loopback; there and, for the HTTP port, everywhere; all"
              + " ports everywhere, as on a network that strangers can't reach. A node with a port"
              + " elsewhere does not start. The flag --insecure is 'anywhere'.");

  static final Setting ACCESS =
      Setting.ofWords(
          "security.access",
          List.of("open", "required"),
          c -> c.security().accessRequired() ? 1 : 0,
          "Whether everybody who reaches a port may do everything, or only what their certificate"
              + " or token was granted ('troika access'). The latter needs tls; the same on every"
              + " node.");

  static final List<Setting> ALL =
      List.of(
          ELECTION_TIMEOUT_MIN,
          ELECTION_TIMEOUT_MAX,
          ENTRY_SIZE_MAX,
          SNAPSHOT_ENTRIES,
          SNAPSHOT_SIZE,
          PRESERVED_ENTRIES,
          OUTCOME_RETENTION,
          JOIN,
          BLOCK_CACHE_SIZE,
          MEMTABLE_SIZE,
          DISK_RESERVE,
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
          ZEO_ENCODING,
          ZEO_FRAME_SIZE_MAX,
          ZEO_CONNECTIONS_MAX,
          ZEO_TRANSACTION_TIMEOUT,
          ZEO_CREATE_MISSING_STORAGES,
          ZEO_PACK_GARBAGE,
          PLAIN_TEXT,
          ACCESS);

  private Settings() {}

  /** Environment variable to key, for every key that can be set so. */
  static Map<String, String> variables() {
    Map<String, String> variables = new TreeMap<>();
    for (String path : TEXTS) {
      variables.put(Setting.variableOf(path), path);
    }
    ALL.forEach(setting -> variables.put(setting.variable(), setting.path()));
    return variables;
  }

  static RaftConfig raft(Config config, NodeConfig defaults) {
    return new RaftConfig(
        Duration.ofMillis(ELECTION_TIMEOUT_MIN.read(config, defaults)),
        Duration.ofMillis(ELECTION_TIMEOUT_MAX.read(config, defaults)),
        Math.toIntExact(ENTRY_SIZE_MAX.read(config, defaults)),
        SNAPSHOT_ENTRIES.read(config, defaults),
        SNAPSHOT_SIZE.read(config, defaults),
        Math.toIntExact(PRESERVED_ENTRIES.read(config, defaults)),
        Duration.ofMillis(OUTCOME_RETENTION.read(config, defaults)),
        JOIN.read(config, defaults) == 1);
  }

  static StorageConfig storage(Config config, NodeConfig defaults) {
    return new StorageConfig(
        BLOCK_CACHE_SIZE.read(config, defaults),
        MEMTABLE_SIZE.read(config, defaults),
        DISK_RESERVE.read(config, defaults));
  }

  static LimitsConfig limits(Config config, NodeConfig defaults) {
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
            STAGED_GROUP_SIZE_MAX.read(config, defaults)));
  }

  static ZeoConfig zeo(Config config, @Nullable HostAndPort listen, NodeConfig defaults) {
    return new ZeoConfig(
        listen,
        ZEO_ENCODING.read(config, defaults) == 1 ? Encoding.MSGPACK : Encoding.PICKLE,
        Math.toIntExact(ZEO_FRAME_SIZE_MAX.read(config, defaults)),
        Math.toIntExact(ZEO_CONNECTIONS_MAX.read(config, defaults)),
        Duration.ofMillis(ZEO_TRANSACTION_TIMEOUT.read(config, defaults)),
        ZEO_CREATE_MISSING_STORAGES.read(config, defaults) == 1,
        ZEO_PACK_GARBAGE.read(config, defaults) == 1);
  }

  static SecurityConfig security(Config config, List<String> administrators, NodeConfig defaults) {
    return new SecurityConfig(
        PLAIN_TEXT_PLACES.get(Math.toIntExact(PLAIN_TEXT.read(config, defaults))),
        ACCESS.read(config, defaults) == 1,
        administrators);
  }

  private static Setting zeo(
      String key,
      Setting.Unit unit,
      long min,
      long max,
      ToLongFunction<ZeoConfig> current,
      String description) {
    return new Setting(
        "zeo." + key, unit, min, max, c -> current.applyAsLong(c.zeo()), description);
  }

  private static Setting raft(
      String key,
      Setting.Unit unit,
      long min,
      long max,
      ToLongFunction<RaftConfig> current,
      String description) {
    return new Setting(
        "raft." + key, unit, min, max, c -> current.applyAsLong(c.raft()), description);
  }

  private static Setting storage(
      String key, long min, long max, ToLongFunction<StorageConfig> current, String description) {
    return new Setting(
        "storage." + key, BYTES, min, max, c -> current.applyAsLong(c.storage()), description);
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
