package io.troika.server.raft;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.toMap;
import static org.awaitility.Awaitility.await;

import io.troika.server.config.FreePorts;
import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfig.LimitsConfig;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.config.NodeConfig.RaftConfig;
import io.troika.server.config.NodeConfig.StorageConfig;
import io.troika.server.core.command.Command;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.raft.clock.SetClock;
import io.troika.server.service.ports.MembershipChange;
import io.troika.server.service.ports.MembershipChange.Phase;
import io.troika.server.service.ports.MembershipControl;
import io.troika.server.service.refusals.NotNowException;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Three nodes in this JVM, on loopback ports, over {@link LedgerState}s. For one test thread. */
final class RaftCluster implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofMinutes(2);
  static final List<String> NODES = List.of("n1", "n2", "n3");

  private static final String HOST = "127.0.0.1";
  private static final String RELAY_HOST = "127.0.0.2";

  private static final Pattern SEGMENT = Pattern.compile("log_(?:inprogress_)?(\\d+)(?:-\\d+)?");

  private static final AtomicLong FILLERS = new AtomicLong();

  private final Path root;
  private final RaftConfig raft;
  private final List<MemberConfig> members = new ArrayList<>();
  private final List<MemberConfig> joining = new ArrayList<>();
  private final PeerNetwork network = new PeerNetwork();
  private final Map<String, TcpRelay> relays = new TreeMap<>();
  private final Map<String, RaftNode> running = new ConcurrentSkipListMap<>();
  private final Map<String, LedgerState> states = new TreeMap<>();
  private final Map<String, SetClock> clocks = new TreeMap<>();

  RaftCluster(Path root, RaftConfig raft) throws IOException {
    this(root, raft, HOST);
  }

  private RaftCluster(Path root, RaftConfig raft, String raftHost) throws IOException {
    this.root = root;
    this.raft = raft;
    for (String node : NODES) {
      HostAndPort raftAddress = new HostAndPort(raftHost, freePort().port());
      members.add(new MemberConfig(node, raftAddress, freePort(), freePort()));
    }
  }

  /** Each node reaches the others' Raft ports over relays. */
  static RaftCluster relayed(Path root, RaftConfig raft) throws IOException {
    RaftCluster cluster = new RaftCluster(root, raft, RELAY_HOST);
    for (MemberConfig member : cluster.members) {
      cluster.relays.put(member.nodeId(), new TcpRelay(RELAY_HOST, member.raft().port()));
    }
    return cluster;
  }

  /** What stands before the node's Raft port. */
  TcpRelay relay(String node) {
    return requireNonNull(relays.get(node));
  }

  /** For a small machine that others use too. */
  static RaftConfig config() {
    return new RaftConfig(
        Duration.ofMillis(500),
        Duration.ofMillis(1_000),
        1 << 20,
        100_000,
        256L << 20,
        50_000,
        Duration.ofHours(1));
  }

  /** Small segments, so that there is something to purge, and snapshots as often as told. */
  static RaftConfig purging(long snapshotEntries, int preservedEntries) {
    RaftConfig base = config();
    return new RaftConfig(
        base.electionTimeoutMin(),
        base.electionTimeoutMax(),
        base.entryBytesMax(),
        snapshotEntries,
        8 << 10,
        preservedEntries,
        base.outcomeRetention());
  }

  private static HostAndPort freePort() throws IOException {
    return new HostAndPort(HOST, FreePorts.take(1).get(0));
  }

  PeerNetwork network() {
    return network;
  }

  Path directory(String node) {
    return root.resolve(node);
  }

  /** Where Ratis keeps the log of the one group. */
  Path logDirectory(String node) throws IOException {
    try (Stream<Path> groups = Files.list(directory(node).resolve("raft"))) {
      return groups.findAny().orElseThrow().resolve("current");
    }
  }

  /** The index of the first entry that the node's log still has, by the names of its segments. */
  long logBegin(String node) throws IOException {
    try (Stream<Path> files = Files.list(logDirectory(node))) {
      return files
          .map(file -> SEGMENT.matcher(String.valueOf(file.getFileName())))
          .filter(Matcher::matches)
          .mapToLong(name -> Long.parseLong(name.group(1)))
          .min()
          .orElse(0);
    }
  }

  NodeConfig nodeConfig(String node) {
    Optional<MemberConfig> guest = joining(node);
    List<MemberConfig> all = new ArrayList<>(members);
    guest.filter(each -> !members.contains(each)).ifPresent(all::add);
    NodeConfig config =
        new NodeConfig(
                node, directory(node), all, raft, StorageConfig.DEFAULT, LimitsConfig.DEFAULT)
            .listeningOn(HOST);
    return guest.isPresent() ? config.joining() : config;
  }

  /** A node beside the three, or one of them that comes back; its file names them and itself. */
  RaftNode startJoining(String node) throws IOException {
    if (joining(node).isEmpty()) {
      MemberConfig beside = new MemberConfig(node, freePort(), freePort(), freePort());
      joining.add(
          members.stream()
              .filter(member -> member.nodeId().equals(node))
              .findFirst()
              .orElse(beside));
    }
    return start(node);
  }

  String peerAddress(String node) {
    return nodeConfig(node).self().peer().toString();
  }

  private Optional<MemberConfig> joining(String node) {
    return joining.stream().filter(member -> member.nodeId().equals(node)).findFirst();
  }

  /** Asks whoever leads for a change of the members, until it is done. */
  void change(Function<MembershipControl, CompletableFuture<MembershipChange>> request) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> answer(request).map(change -> change.phase() == Phase.DONE).orElse(false));
  }

  /** Empty when it has to be asked again; the failure of a change is the test's. */
  private Optional<MembershipChange> answer(
      Function<MembershipControl, CompletableFuture<MembershipChange>> request) {
    try {
      MembershipChange change =
          request
              .apply(node(leader()).membership())
              .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
              .join();
      return Optional.of(change);
    } catch (CompletionException e) {
      if (e.getCause() instanceof NotNowException) {
        return Optional.empty();
      }
      throw e;
    }
  }

  void startAll() throws IOException {
    for (String node : NODES) {
      start(node);
    }
  }

  RaftNode start(String node) throws IOException {
    LedgerState state = new LedgerState(directory(node).resolve("state"));
    RaftNode started =
        RaftNode.start(
            nodeConfig(node),
            state,
            network.transport(node),
            NodeTls.NONE,
            clock(node),
            List.of(network.filterTo(node)));
    states.put(node, state);
    running.put(node, started);
    network.up(node, started.endpoints());
    return started;
  }

  /** The node's own; right at first. */
  SetClock clock(String node) {
    return clocks.computeIfAbsent(node, each -> new SetClock(Instant::now));
  }

  /** Ends the node without a farewell; what it had not flushed is gone. */
  void kill(String node) {
    RaftNode killed = requireNonNull(running.remove(node));
    // The other way round than the system would: in one JVM the side channel has no socket.
    killed.closeAbruptly();
    network.down(node);
  }

  void stop(String node) {
    requireNonNull(running.remove(node)).close();
    network.down(node);
  }

  /** Removes all that a stopped node had. */
  void wipe(String node) throws IOException {
    RaftFiles.delete(directory(node));
  }

  boolean isRunning(String node) {
    return running.containsKey(node);
  }

  RaftNode node(String node) {
    return requireNonNull(running.get(node), () -> node + " does not run");
  }

  LedgerState state(String node) {
    return requireNonNull(states.get(node), () -> node + " was never started");
  }

  /** The one that leads and is ready; waits for it. */
  String leader() {
    return await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(10))
        .until(this::presentLeader, Optional::isPresent)
        .orElseThrow();
  }

  Optional<String> presentLeader() {
    return running.entrySet().stream()
        .filter(each -> each.getValue().log().leadership().self())
        .max(Comparator.comparing(each -> each.getValue().log().leadership().term()))
        .map(Map.Entry::getKey);
  }

  String anyFollower() {
    String leader = leader();
    return running.keySet().stream().filter(node -> !node.equals(leader)).findFirst().orElseThrow();
  }

  /** Submits until a leader takes it, and waits for the outcome. */
  Outcome submit(Command command) {
    long giveUpNanos = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      CompletableFuture<Outcome> outcome = node(leader()).log().submit(command);
      try {
        return outcome.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
      } catch (CompletionException e) {
        if (!(e.getCause() instanceof NotNowException) || System.nanoTime() > giveUpNanos) {
          throw e;
        }
      }
    }
  }

  /** As many entries as asked for, one after the other. */
  void submitNumbers(int count) {
    for (int i = 0; i < count; i++) {
      submit(number());
    }
  }

  static Command number() {
    return new Command.AllocateOids(new StorageId(1), 1);
  }

  /** Fills a segment of {@link #purging} by itself. */
  static Command segmentFiller() {
    return commitOf(3 << 10);
  }

  static Command commitOf(int dataBytes) {
    return new Command.CommitTransaction(
        new TransactionId(new UUID(3, 4), FILLERS.incrementAndGet()),
        new StorageId(1),
        new Tid(1_000),
        TransactionMetadata.EMPTY,
        List.of(),
        List.of(new Command.Write(new Oid(1), Tid.NONE, LedgerState.payload(dataBytes))),
        List.of(),
        List.of());
  }

  /** All running nodes show the same, and as much as the leader has. */
  void awaitEqual() {
    await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(this::isEqual);
  }

  private boolean isEqual() {
    LedgerState leading = state(leader());
    Map<String, String> seen =
        running.keySet().stream()
            .collect(
                toMap(
                    node -> node,
                    node -> state(node).applied().index() + " " + state(node).digest()));
    return seen.values().stream()
        .allMatch((leading.applied().index() + " " + leading.digest())::equals);
  }

  @Override
  public void close() throws IOException {
    // Side by side: for each Ratis's log writer waits out the second that it polls.
    ExecutorService threads = Executors.newCachedThreadPool();
    CompletableFuture<?>[] closing =
        running.values().stream()
            .map(node -> CompletableFuture.runAsync(node::closeAbruptly, threads))
            .toArray(CompletableFuture<?>[]::new);
    running.clear();
    threads.shutdown();
    var unused =
        CompletableFuture.allOf(closing).orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    for (TcpRelay relay : relays.values()) {
      relay.close();
    }
  }
}
