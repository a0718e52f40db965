package io.troika.server.peer;

import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.peers.PeerEndpoint;
import io.troika.server.raft.peers.PeerIntroduction;
import io.troika.server.raft.peers.PeerTransport.PeerState;
import io.troika.server.service.ports.VotedTransaction;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** One node's end of the side channel, with a state and a checkpoint that the test chooses. */
final class PeerNode implements AutoCloseable {
  static final PeerSettings QUICK =
      new PeerSettings(
          Duration.ofSeconds(60),
          Duration.ofMillis(5),
          Duration.ofMillis(50),
          64,
          2,
          16 << 10,
          Duration.ofSeconds(60));

  final String nodeId;
  final GrpcPeerTransport transport;
  final Endpoint endpoint = new Endpoint();

  /** Of another group, "g1"; it has no part in any other. */
  final Endpoint other = new Endpoint();

  final Path directory;
  private GrpcPeerServer server;

  /** Answers as it is told. */
  static final class Endpoint implements PeerEndpoint {
    volatile PeerState state =
        new PeerState(3, new LogPosition(3, 7), 6, new LogPosition(2, 5), "n1", true);
    volatile LogPosition position = new LogPosition(3, 6);
    final Map<String, byte[]> files = new TreeMap<>();

    /** Files of so many zeros, for what has to take long; they take no room here. */
    final Map<String, Long> zeros = new TreeMap<>();

    volatile Runnable beforeState = () -> {};

    @Override
    public PeerState state() {
      beforeState.run();
      return state;
    }

    volatile PeerIntroduction introduction =
        new PeerIntroduction(
            PeerIntroduction.Standing.MEMBER,
            new MemberConfig(
                "n9",
                new HostAndPort("raft.example", 1),
                new HostAndPort("peer.example", 2),
                new HostAndPort("client.example", 3)),
            Membership.NONE);

    @Override
    public PeerIntroduction introduction() {
      return introduction;
    }

    volatile long keptTerm;
    volatile List<VotedTransaction> kept = List.of();

    @Override
    public void keepVotes(long term, List<VotedTransaction> voted) {
      keptTerm = term;
      kept = voted;
    }

    @Override
    public LogPosition checkpoint(Path directory) throws IOException {
      Files.createDirectory(directory);
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        Path place = directory.resolve(file.getKey());
        Files.createDirectories(place.getParent());
        Files.write(place, file.getValue());
      }
      for (Map.Entry<String, Long> file : zeros.entrySet()) {
        try (var whole = new RandomAccessFile(directory.resolve(file.getKey()).toFile(), "rw")) {
          whole.setLength(file.getValue());
        }
      }
      return position;
    }
  }

  private PeerNode(String nodeId, Path directory, PeerSettings settings) {
    this.nodeId = nodeId;
    this.directory = directory;
    this.transport = new GrpcPeerTransport(nodeId, Map.of(), settings, NodeTls.NONE);
    this.server = newServer(0, settings);
  }

  static PeerNode start(String nodeId, Path parent, PeerSettings settings) throws IOException {
    PeerNode node = new PeerNode(nodeId, parent.resolve(nodeId), settings);
    node.server.start();
    return node;
  }

  private GrpcPeerServer newServer(int port, PeerSettings settings) {
    HostAndPort listen = new HostAndPort("127.0.0.1", port);
    return new GrpcPeerServer(
        nodeId, listen, directory, this::part, transport, settings, NodeTls.NONE);
  }

  HostAndPort address() {
    return new HostAndPort("127.0.0.1", server.port());
  }

  /**
   * What the death of the process looks like from outside: connections end, new ones are refused.
   */
  void stopListening() {
    server.close();
  }

  void listenAgain(int port, PeerSettings settings) throws IOException {
    server = newServer(port, settings);
    server.start();
  }

  void connectTo(PeerNode... peers) {
    Map<String, HostAndPort> addresses = new TreeMap<>();
    for (PeerNode peer : peers) {
      addresses.put(peer.nodeId, peer.address());
    }
    transport.setPeers(addresses);
  }

  @Override
  public void close() {
    transport.close();
    server.close();
  }

  private PeerEndpoint part(String group) {
    return switch (group) {
      case "g0" -> endpoint;
      case "g1" -> other;
      default -> throw new IllegalStateException("no part in " + group);
    };
  }
}
