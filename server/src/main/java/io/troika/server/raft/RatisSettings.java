package io.troika.server.raft;

import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfig.RaftConfig;
import io.troika.server.raft.replication.PacedAppender;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/**
 * What Ratis is told. Each value that differs from its default has its reason here, in DESIGN.md or
 * in that of the folder that it is about; those that keep acknowledged data safe are: synchronous
 * flushes, an exception on a damaged log, notify-mode snapshots, and pipelined appends only
 * together with {@code FlushGuard}.
 */
final class RatisSettings {
  /** Room in an entry for what Ratis adds: term, index, client id, call id, lengths. */
  private static final int ENTRY_ENVELOPE_BYTES = 4 << 10;

  private static final int MESSAGE_BYTES_MIN = 64 << 20;
  private static final int MESSAGE_MARGIN_BYTES = 2 << 20;
  private static final int WRITE_BUFFER_MARGIN_BYTES = 64 << 10;

  /** The open segment is in the heap, and some closed ones: three nodes may share one heap. */
  private static final long SEGMENT_BYTES_MAX = 16L << 20;

  private static final long SEGMENT_BYTES_MIN = 1L << 10;

  /**
   * Zeros that are written ahead of entries. Each new term begins a segment, and waits until so
   * many are on the disks of a majority: for 1 MiB, 10 to 30 ms of each fail-over. Smaller, the
   * file would grow by an fsync that also writes its length too often. Less than an entry of chunks
   * of blobs has: a larger entry gets as much as it needs, and is there before anything goes to the
   * disk; of more, each byte would get there twice.
   */
  private static final int PREALLOCATED_BYTES = 256 << 10;

  /** Segments are what a purge removes: a snapshot by size should let some of them go. */
  private static final int SEGMENTS_PER_SNAPSHOT = 4;

  private static final int SEGMENTS_CACHED = 2;
  private static final int SEGMENT_CACHE_BYTES = 32 << 20;
  private static final int APPEND_PAUSES_PER_TIMEOUT = 8;
  private static final int PURGE_GAP_ENTRIES = 1_024;
  private static final int CLIENT_POOL_THREADS = 4;
  private static final long FREE_SPACE_BYTES_MIN = 256L << 20;
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(3);
  private static final Duration RETRY_CACHE = Duration.ofMinutes(5);
  private static final Duration STAGING_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration SLOW_FOLLOWER = Duration.ofSeconds(20);
  private static final Duration NO_LEADER = Duration.ofSeconds(15);

  /** A suspended machine may come back after this long; then its server ends itself. */
  private static final Duration CLOSE_AFTER_PAUSE = Duration.ofMinutes(5);

  private RatisSettings() {}

  static RaftProperties of(NodeConfig config, Path raftDirectory, Path removedGroupsDirectory) {
    RaftProperties properties = new RaftProperties();
    setStorage(properties, config.raft(), raftDirectory, removedGroupsDirectory);
    setLog(properties, config.raft());
    setSnapshots(properties, config.raft());
    setElections(properties, config.raft());
    setTransport(properties, config);
    return properties;
  }

  /** Ratis's own limit: ours and the envelope. */
  static int ratisEntryBytesMax(RaftConfig raft) {
    return raft.entryBytesMax() + ENTRY_ENVELOPE_BYTES;
  }

  private static void setStorage(
      RaftProperties properties, RaftConfig raft, Path directory, Path removedGroups) {
    RaftServerConfigKeys.setStorageDir(properties, List.of(directory.toFile()));
    RaftServerConfigKeys.setRemovedGroupsDir(properties, removedGroups.toFile());
    RaftServerConfigKeys.setStorageFreeSpaceMin(
        properties, SizeInBytes.valueOf(FREE_SPACE_BYTES_MIN));
    RaftServerConfigKeys.Log.setCorruptionPolicy(
        properties, RaftServerConfigKeys.Log.CorruptionPolicy.EXCEPTION);
    RaftServerConfigKeys.Log.setSegmentSizeMax(properties, SizeInBytes.valueOf(segmentBytes(raft)));
    RaftServerConfigKeys.Log.setPreallocatedSize(
        properties, SizeInBytes.valueOf(Math.min(PREALLOCATED_BYTES, segmentBytes(raft))));
    RaftServerConfigKeys.Log.setSegmentCacheNumMax(properties, SEGMENTS_CACHED);
    RaftServerConfigKeys.Log.setSegmentCacheSizeMax(
        properties, SizeInBytes.valueOf(SEGMENT_CACHE_BYTES));
    RaftServerConfigKeys.Log.setWriteBufferSize(
        properties, SizeInBytes.valueOf(ratisEntryBytesMax(raft) + WRITE_BUFFER_MARGIN_BYTES));
  }

  private static long segmentBytes(RaftConfig raft) {
    return Math.max(
        SEGMENT_BYTES_MIN,
        Math.min(SEGMENT_BYTES_MAX, raft.snapshotBytes() / SEGMENTS_PER_SNAPSHOT));
  }

  private static void setLog(RaftProperties properties, RaftConfig raft) {
    RaftServerConfigKeys.Log.setUnsafeFlushEnabled(properties, false);
    RaftServerConfigKeys.Log.setAsyncFlushEnabled(properties, false);
    RaftServerConfigKeys.Log.setLogMetadataEnabled(properties, false);
    RaftServerConfigKeys.Log.setAppendEntriesComposeEnabled(properties, false);
    RaftServerConfigKeys.Log.Appender.setWaitTimeMin(properties, TimeDuration.ZERO);
    RaftServerConfigKeys.Log.Appender.setBufferByteLimit(
        properties, SizeInBytes.valueOf(ratisEntryBytesMax(raft)));
    RaftServerConfigKeys.Log.Appender.setRetryPolicy(properties, appendRetries(raft));
    RaftServerConfigKeys.RetryCache.setExpiryTime(properties, time(RETRY_CACHE));
    RaftServerConfigKeys.ThreadPool.setClientCached(properties, false);
    RaftServerConfigKeys.ThreadPool.setClientSize(properties, CLIENT_POOL_THREADS);
  }

  /**
   * How long a leader pauses after each error of a follower: first 1 ms, then a fraction of the
   * heartbeat period, for ever. With Ratis's default (1 s after 10 errors, 5 s after 30) each pause
   * outlasts that period, so that only heartbeats are sent; one that meets a follower with a
   * shorter log is an error again, and no entry is ever sent to it. After 40 minutes the default
   * would not pause at all.
   */
  private static String appendRetries(RaftConfig raft) {
    long pauseMillis =
        Math.max(1, raft.electionTimeoutMin().toMillis() / APPEND_PAUSES_PER_TIMEOUT);
    return "1ms,10," + pauseMillis + "ms," + Integer.MAX_VALUE;
  }

  private static void setSnapshots(RaftProperties properties, RaftConfig raft) {
    RaftServerConfigKeys.Log.Appender.setInstallSnapshotEnabled(properties, false);
    RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(properties, true);
    RaftServerConfigKeys.Snapshot.setAutoTriggerThreshold(properties, raft.snapshotEntries());
    RaftServerConfigKeys.Snapshot.setTriggerWhenStopEnabled(properties, false);
    RaftServerConfigKeys.Snapshot.setCreationGap(properties, 1);
    RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(properties, true);
    RaftServerConfigKeys.Log.setPurgePreservationLogNum(properties, raft.preservedEntries());
    RaftServerConfigKeys.Log.setPurgeGap(
        properties, (int) Math.min(PURGE_GAP_ENTRIES, Math.max(1, raft.snapshotEntries())));
  }

  private static void setElections(RaftProperties properties, RaftConfig raft) {
    RaftServerConfigKeys.Rpc.setTimeoutMin(properties, time(raft.electionTimeoutMin()));
    RaftServerConfigKeys.Rpc.setTimeoutMax(properties, time(raft.electionTimeoutMax()));
    RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(
        properties, time(raft.electionTimeoutMin()));
    RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(
        properties, time(raft.electionTimeoutMax()));
    RaftServerConfigKeys.Rpc.setRequestTimeout(properties, time(REQUEST_TIMEOUT));
    RaftServerConfigKeys.Rpc.setSlownessTimeout(properties, time(SLOW_FOLLOWER));
    RaftServerConfigKeys.Notification.setNoLeaderTimeout(properties, time(NO_LEADER));
    RaftServerConfigKeys.LeaderElection.setPreVote(properties, true);
    RaftServerConfigKeys.LeaderElection.setMemberMajorityAdd(properties, false);
    RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(
        properties, time(raft.electionTimeoutMax().multipliedBy(2)));
    RaftServerConfigKeys.setCloseThreshold(properties, time(CLOSE_AFTER_PAUSE));
    RaftServerConfigKeys.setStagingTimeout(properties, time(STAGING_TIMEOUT));
  }

  private static void setTransport(RaftProperties properties, NodeConfig config) {
    RaftConfigKeys.Rpc.setType(properties, new PacedAppender.Transport());
    HostAndPort address = config.listen(config.self().raft());
    GrpcConfigKeys.Server.setHost(properties, address.toSocketAddress().getHostString());
    GrpcConfigKeys.Server.setPort(properties, address.port());
    GrpcConfigKeys.setMessageSizeMax(
        properties,
        SizeInBytes.valueOf(
            Math.max(MESSAGE_BYTES_MIN, ratisEntryBytesMax(config.raft()) + MESSAGE_MARGIN_BYTES)));
  }

  static TimeDuration time(Duration duration) {
    return TimeDuration.valueOf(duration.toMillis(), TimeUnit.MILLISECONDS);
  }
}
