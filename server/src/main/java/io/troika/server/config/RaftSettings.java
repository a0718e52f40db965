package io.troika.server.config;

import static io.troika.server.config.Setting.DAY;
import static io.troika.server.config.Setting.GIB;
import static io.troika.server.config.Setting.KIB;
import static io.troika.server.config.Setting.MIB;
import static io.troika.server.config.Setting.MINUTE;
import static io.troika.server.config.Setting.Unit.BYTES;
import static io.troika.server.config.Setting.Unit.COUNT;
import static io.troika.server.config.Setting.Unit.MILLIS;

import com.typesafe.config.Config;
import io.troika.server.config.NodeConfig.RaftConfig;
import java.time.Duration;
import java.util.List;
import java.util.function.ToLongFunction;

/** The section {@code raft}. */
final class RaftSettings {
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
          "The largest log entry, and so about the largest record; the data of larger transactions"
              + " goes through the log ahead of them. The same on every node.");
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

  static final List<Setting> ALL =
      List.of(
          ELECTION_TIMEOUT_MIN,
          ELECTION_TIMEOUT_MAX,
          ENTRY_SIZE_MAX,
          SNAPSHOT_ENTRIES,
          SNAPSHOT_SIZE,
          PRESERVED_ENTRIES,
          OUTCOME_RETENTION,
          JOIN);

  private RaftSettings() {}

  static RaftConfig read(Config config, NodeConfig defaults) {
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
}
