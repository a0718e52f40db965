package io.troika.server.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Everything a node is told.
 *
 * @param nodeId 1 to 32 characters of a-z, 0-9 and '-'; one of {@code members}
 * @param dataDirectory holds all that the node keeps
 * @param members the group as it was first made, this node included
 * @param tls how all ports are secured, null for plain text
 * @param listenHost where raft, peer and client ports listen, null for the hosts of {@link #self}
 * @param http where health, metrics and the status page are
 * @param security what it allows
 * @param backupDirectory where backups go that somebody begins from the status page; null: nowhere
 * @param tracing where traces are sent
 */
public record NodeConfig(
    String nodeId,
    Path dataDirectory,
    List<MemberConfig> members,
    @Nullable String listenHost,
    RaftConfig raft,
    StorageConfig storage,
    LimitsConfig limits,
    ZeoConfig zeo,
    @Nullable TlsConfig tls,
    HttpConfig http,
    SecurityConfig security,
    @Nullable Path backupDirectory,
    TracingConfig tracing) {

  /** A node without ZEO and HTTP ports that listens on its own addresses and traces nothing. */
  public NodeConfig(
      String nodeId,
      Path dataDirectory,
      List<MemberConfig> members,
      RaftConfig raft,
      StorageConfig storage,
      LimitsConfig limits) {
    this(
        nodeId,
        dataDirectory,
        members,
        null,
        raft,
        storage,
        limits,
        ZeoConfig.DEFAULT,
        null,
        HttpConfig.NONE,
        SecurityConfig.DEFAULT,
        null,
        TracingConfig.OFF);
  }

  public NodeConfig {
    members = List.copyOf(members);
    if (listenHost != null && !isHost(listenHost)) {
      throw new IllegalArgumentException(
          "listen host '%s': expected a name or an address, without a port".formatted(listenHost));
    }
    if (!nodeId.matches("[a-z0-9-]{1,32}")) {
      throw new IllegalArgumentException(
          "node id '%s': expected 1 to 32 characters of a-z, 0-9 and '-'".formatted(nodeId));
    }
    long distinct = members.stream().map(MemberConfig::nodeId).distinct().count();
    if (distinct != members.size()) {
      throw new IllegalArgumentException("members: a node id occurs twice in " + members);
    }
    if (members.stream().noneMatch(member -> member.nodeId().equals(nodeId))) {
      throw new IllegalArgumentException(
          "node id '%s': not one of the members %s"
              .formatted(nodeId, members.stream().map(MemberConfig::nodeId).toList()));
    }
  }

  /** A configuration in which all that has a default has it. */
  public static NodeConfig withDefaults(
      String nodeId, Path dataDirectory, List<MemberConfig> members) {
    return new NodeConfig(
        nodeId,
        dataDirectory,
        members,
        RaftConfig.DEFAULT,
        StorageConfig.DEFAULT,
        LimitsConfig.DEFAULT);
  }

  /** The same node, which waits to be added to a group that is there. */
  public NodeConfig joining() {
    return with(listenHost, raft.joining(), zeo, tls, http, security, backupDirectory);
  }

  /** The same node with other settings for ZEO clients. */
  public NodeConfig withZeo(ZeoConfig newZeo) {
    return with(listenHost, raft, newZeo, tls, http, security, backupDirectory);
  }

  /** The same node, its raft, peer and client ports on another host than the others know. */
  public NodeConfig listeningOn(String host) {
    return with(host, raft, zeo, tls, http, security, backupDirectory);
  }

  /** The same node with its ports secured. */
  public NodeConfig securedBy(TlsConfig newTls) {
    return with(listenHost, raft, zeo, newTls, http, security, backupDirectory);
  }

  /** The same node, its HTTP port there. */
  public NodeConfig withHttp(@Nullable HostAndPort listen) {
    return with(
        listenHost, raft, zeo, tls, new HttpConfig(listen, http.tls()), security, backupDirectory);
  }

  /** Where health, metrics and the status page are; null for no such port. */
  public @Nullable HostAndPort httpListen() {
    return http.listen();
  }

  /** Whether the HTTP port has TLS. */
  public boolean isHttpSecured() {
    return tls != null && http.tls();
  }

  /** The same node, its HTTP port in plain text. */
  public NodeConfig withPlainHttp() {
    return with(
        listenHost,
        raft,
        zeo,
        tls,
        new HttpConfig(http.listen(), false),
        security,
        backupDirectory);
  }

  /** The same node, backing up below a directory when it is asked to. */
  public NodeConfig backingUpTo(Path directory) {
    return with(listenHost, raft, zeo, tls, http, security, directory);
  }

  /** The same node, allowing other things. */
  public NodeConfig allowing(SecurityConfig newSecurity) {
    return with(listenHost, raft, zeo, tls, http, newSecurity, backupDirectory);
  }

  private NodeConfig with(
      @Nullable String newListenHost,
      RaftConfig newRaft,
      ZeoConfig newZeo,
      @Nullable TlsConfig newTls,
      HttpConfig newHttp,
      SecurityConfig newSecurity,
      @Nullable Path newBackupDirectory) {
    return new NodeConfig(
        nodeId,
        dataDirectory,
        members,
        newListenHost,
        newRaft,
        storage,
        limits,
        newZeo,
        newTls,
        newHttp,
        newSecurity,
        newBackupDirectory,
        tracing);
  }

  /** Whether it is the host of a {@link HostAndPort}. */
  static boolean isHost(String text) {
    return text.matches("[^\\s:]+|\\[[^\\s\\]]+]");
  }

  /** Where this node listens for those who know it at {@code own}, one of its addresses. */
  public HostAndPort listen(HostAndPort own) {
    return listenHost == null ? own : new HostAndPort(listenHost, own.port());
  }

  /** All members by their ids. */
  public Map<String, MemberConfig> membersById() {
    return members.stream().collect(Collectors.toMap(MemberConfig::nodeId, Function.identity()));
  }

  /** This node's own entry. */
  public MemberConfig self() {
    return members.stream().filter(m -> m.nodeId().equals(nodeId)).findFirst().orElseThrow();
  }

  /**
   * One node's addresses, under which the others and the clients reach it; it listens on the same
   * ones, or on the same ports of {@code listenHost}.
   *
   * @param raft Ratis's port, peers only
   * @param peer our own port for peers only: leadership proofs, checkpoints, presence
   * @param client the gRPC port for clients and operators
   */
  public record MemberConfig(
      String nodeId, HostAndPort raft, HostAndPort peer, HostAndPort client) {}

  /**
   * Consensus.
   *
   * @param electionTimeoutMin a follower that hears nothing this long may start an election
   * @param electionTimeoutMax up to 10 times the minimum
   * @param entryBytesMax the largest log entry, 1 MiB to 32 MiB
   * @param snapshotEntries entries applied since the last snapshot that cause one; a node that
   *     restarts replays about as many at most
   * @param snapshotBytes entry bytes applied since the last snapshot that cause one
   * @param preservedEntries entries kept in the log behind the snapshot, for followers that were
   *     away shortly
   * @param outcomeRetention how long a transaction's outcome can be asked for
   * @param join whether an empty node waits to be added to a group that is there, and never begins
   *     one
   */
  public record RaftConfig(
      Duration electionTimeoutMin,
      Duration electionTimeoutMax,
      int entryBytesMax,
      long snapshotEntries,
      long snapshotBytes,
      int preservedEntries,
      Duration outcomeRetention,
      boolean join) {
    public static final RaftConfig DEFAULT =
        new RaftConfig(
            Duration.ofMillis(500),
            Duration.ofMillis(1000),
            8 << 20,
            20_000,
            256L << 20,
            50_000,
            Duration.ofHours(24));

    /** Of a node of the first hour. */
    public RaftConfig(
        Duration electionTimeoutMin,
        Duration electionTimeoutMax,
        int entryBytesMax,
        long snapshotEntries,
        long snapshotBytes,
        int preservedEntries,
        Duration outcomeRetention) {
      this(
          electionTimeoutMin,
          electionTimeoutMax,
          entryBytesMax,
          snapshotEntries,
          snapshotBytes,
          preservedEntries,
          outcomeRetention,
          false);
    }

    /** The same for a node that joins. */
    public RaftConfig joining() {
      return new RaftConfig(
          electionTimeoutMin,
          electionTimeoutMax,
          entryBytesMax,
          snapshotEntries,
          snapshotBytes,
          preservedEntries,
          outcomeRetention,
          true);
    }
  }

  /**
   * RocksDB.
   *
   * @param blockCacheBytes shared by all groups of the node
   * @param memtableBytes shared by all groups of the node
   * @param diskReserveBytes free bytes below which nothing is written that can wait; 0: never
   */
  public record StorageConfig(long blockCacheBytes, long memtableBytes, long diskReserveBytes) {
    public static final StorageConfig DEFAULT = new StorageConfig(64L << 20, 64L << 20, 512L << 20);
  }

  /**
   * What a client can ask for at most.
   *
   * @param transactionObjectsMax reads, writes, deletes and undos together
   * @param sessionsMax voted transactions that hold locks at once
   * @param voteLease how long a voted transaction holds its locks
   * @param lockWaitersMax transactions that wait for locks at once
   * @param watchersMax open watch streams
   * @param watchBacklogEvents events buffered for one watcher before it is told to verify
   * @param readWait how long a read waits for this node to apply its tid
   * @param packMarkBytesMax memory for the marks of reachable objects during a pack
   * @param staging of blobs ahead of their transactions
   * @param rates of each client
   */
  public record LimitsConfig(
      int transactionObjectsMax,
      int sessionsMax,
      Duration voteLease,
      int lockWaitersMax,
      int watchersMax,
      int watchBacklogEvents,
      Duration readWait,
      long packMarkBytesMax,
      StagingLimits staging,
      RateLimits rates) {
    private static final long PACK_MARK_BYTES_MAX = 64 << 20;

    public static final LimitsConfig DEFAULT =
        new LimitsConfig(
            100_000, 4_096, Duration.ofSeconds(30), 10_000, 10_000, 1_024, Duration.ofSeconds(2));

    /** With the defaults for packs, for what is staged and for rates. */
    public LimitsConfig(
        int transactionObjectsMax,
        int sessionsMax,
        Duration voteLease,
        int lockWaitersMax,
        int watchersMax,
        int watchBacklogEvents,
        Duration readWait) {
      this(
          transactionObjectsMax,
          sessionsMax,
          voteLease,
          lockWaitersMax,
          watchersMax,
          watchBacklogEvents,
          readWait,
          PACK_MARK_BYTES_MAX,
          StagingLimits.DEFAULT,
          RateLimits.NONE);
    }

    /** The same with other limits for what is staged. */
    public LimitsConfig withStaging(StagingLimits newStaging) {
      return new LimitsConfig(
          transactionObjectsMax,
          sessionsMax,
          voteLease,
          lockWaitersMax,
          watchersMax,
          watchBacklogEvents,
          readWait,
          packMarkBytesMax,
          newStaging,
          rates);
    }
  }

  /**
   * What one client may have of one node.
   *
   * @param requestsPerSecond 0: as many as it likes
   * @param bytesPerSecond in both directions together; 0: as many as it likes
   */
  public record RateLimits(long requestsPerSecond, long bytesPerSecond) {
    public static final RateLimits NONE = new RateLimits(0, 0);

    /** Whether anything is limited. */
    public boolean any() {
      return requestsPerSecond > 0 || bytesPerSecond > 0;
    }

    @Override
    public String toString() {
      if (requestsPerSecond == 0) {
        return bytesPerSecond + " bytes a second";
      }
      return bytesPerSecond == 0
          ? requestsPerSecond + " requests a second"
          : requestsPerSecond + " requests and " + bytesPerSecond + " bytes a second";
    }
  }

  /**
   * What may be staged, uncommitted. The leader's settings count.
   *
   * @param keep how long a blob is kept after its last chunk
   * @param storageBytesMax in one storage
   * @param groupBytesMax in all storages of a group
   * @param transactionBytesMax data of one transaction, staged or not
   */
  public record StagingLimits(
      Duration keep, long storageBytesMax, long groupBytesMax, long transactionBytesMax) {
    private static final long TRANSACTION_BYTES_MAX = 2L << 30;

    public static final StagingLimits DEFAULT =
        new StagingLimits(Duration.ofHours(1), 64L << 30, 128L << 30);

    /** With the default for transactions. */
    public StagingLimits(Duration keep, long storageBytesMax, long groupBytesMax) {
      this(keep, storageBytesMax, groupBytesMax, TRANSACTION_BYTES_MAX);
    }
  }
}
