package io.troika.server.raft;

import static java.util.Objects.requireNonNull;

import io.troika.server.config.HostAndPort;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.peers.PeerEndpoints;
import io.troika.server.raft.peers.PeerIntroduction;
import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.service.ports.VotedTransaction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.ratis.grpc.GrpcUtil;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto;
import org.apache.ratis.proto.RaftProtos.AppendEntriesReplyProto.AppendResult;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.StatusRuntimeException;

/**
 * All that nodes of one JVM say to each other, with a firewall: the side channel in process, and a
 * filter for Ratis's messages where they arrive.
 */
final class PeerNetwork {
  private final Map<String, PeerEndpoints> alive = new ConcurrentHashMap<>();
  private final Map<String, List<Consumer<String>>> lostListeners = new ConcurrentHashMap<>();
  private final Set<String> cut = ConcurrentHashMap.newKeySet();
  private final Set<String> refusing = ConcurrentHashMap.newKeySet();
  private final Random random = new Random(1);
  private final Set<String> failing = ConcurrentHashMap.newKeySet();
  private final Collection<Delivery> deliveries = new ConcurrentLinkedQueue<>();
  private final Map<String, Integer> levels = new ConcurrentHashMap<>();
  private final Map<String, Long> votesAsked = new ConcurrentHashMap<>();
  private final Map<String, Long> acknowledged = new ConcurrentHashMap<>();
  private final Map<String, Long> appendCalls = new ConcurrentHashMap<>();
  private volatile double lossRate;
  private final AtomicInteger checkpoints = new AtomicInteger();

  void up(String node, PeerEndpoints endpoints) {
    alive.put(node, endpoints);
  }

  /** Nothing listens at the node any more; those who had a connection notice. */
  void down(String node) {
    alive.remove(node);
    lostListeners.remove(node);
    lostListeners.values().forEach(all -> all.forEach(listener -> listener.accept(node)));
  }

  /** From now on the node says that it is of a version of this level. */
  void pretend(String node, int level) {
    levels.put(node, level);
  }

  private PeerIntroduction asOfItsVersion(String node, PeerIntroduction truth) {
    return new PeerIntroduction(
        truth.standing(),
        truth.self(),
        truth.membership(),
        levels.getOrDefault(node, truth.logLevel()));
  }

  /** Nothing gets from one node to the other, nor back. */
  void cut(String one, String other) {
    cut.add(one + ">" + other);
    cut.add(other + ">" + one);
  }

  /** Nothing gets from this node to any other, nor back. */
  void isolate(String node, List<String> all) {
    all.stream().filter(other -> !other.equals(node)).forEach(other -> cut(node, other));
  }

  /**
   * Nothing gets to or from this node, and who tries is told at once; so its peers are back at once
   * too when this is over, where they would wait for lost answers otherwise.
   */
  void refuse(String node, List<String> all) {
    refusing.add(node);
    isolate(node, all);
  }

  /** How many times this entry has been handed to the node. */
  long deliveries(String node, long index) {
    return deliveries.stream().filter(new Delivery(node, index)::equals).count();
  }

  /** Up to which index the node has told any leader that it holds the log; -1 at first. */
  long acknowledged(String node) {
    return acknowledged.getOrDefault(node, -1L);
  }

  /**
   * The node takes the next entries that it is sent, and tells the leader that it could not; so
   * they are sent again.
   */
  void failNextAppend(String node) {
    failing.add(node);
  }

  private static boolean isAppend(Object message) {
    return message instanceof AppendEntriesRequestProto append && append.getEntriesCount() > 0;
  }

  /** The highest number of a leader's attempts to append that has come to the node. */
  long appendCall(String node) {
    return appendCalls.getOrDefault(node, 0L);
  }

  /** How often the node has been asked for its vote. */
  long voteRequests(String node) {
    return votesAsked.getOrDefault(node, 0L);
  }

  private record Delivery(String node, long index) {}

  private void received(String node, Object message) {
    if (message instanceof RequestVoteRequestProto) {
      votesAsked.merge(node, 1L, Long::sum);
    } else if (message instanceof AppendEntriesRequestProto append) {
      appendCalls.merge(node, append.getServerRequest().getCallId(), Math::max);
      append
          .getEntriesList()
          .forEach(entry -> deliveries.add(new Delivery(node, entry.getIndex())));
    }
  }

  private void replied(String node, Object message) {
    if (message instanceof AppendEntriesReplyProto reply
        && reply.getResult() == AppendResult.SUCCESS
        && !reply.getIsHearbeat()) {
      acknowledged.merge(node, reply.getMatchIndex(), Math::max);
    }
  }

  /** Notes what the node replies; what it still says on a stream that was ended is dropped. */
  private final class HeardCall<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private final String node;
    private boolean ended;

    HeardCall(ServerCall<Q, R> call, String node) {
      super(call);
      this.node = node;
    }

    @Override
    public synchronized void sendMessage(R message) {
      if (!ended) {
        replied(node, message);
        super.sendMessage(message);
      }
    }

    @Override
    public synchronized void close(Status status, Metadata trailers) {
      if (!ended) {
        ended = true;
        super.close(status, trailers);
      }
    }

    void fail(AppendEntriesRequestProto append) {
      StatusRuntimeException failure =
          GrpcUtil.wrapException(
              new IOException("told to fail"), append.getServerRequest().getCallId(), false);
      close(failure.getStatus(), requireNonNull(failure.getTrailers()));
    }
  }

  void heal() {
    refusing.clear();
    cut.clear();
    lossRate = 0;
  }

  /** Loses this share of Ratis's messages. */
  void lose(double share) {
    lossRate = share;
  }

  int checkpoints() {
    return checkpoints.get();
  }

  private boolean reaches(String from, String to) {
    return !cut.contains(from + ">" + to) && !cut.contains(to + ">" + from);
  }

  private synchronized boolean isLost() {
    return lossRate > 0 && random.nextDouble() < lossRate;
  }

  /** Drops what the firewall does not let through to {@code node}. */
  ServerInterceptor filterTo(String node) {
    return new ServerInterceptor() {
      @Override
      public <Q, R> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        HeardCall<Q, R> heard = new HeardCall<>(call, node);
        return new SimpleForwardingServerCallListener<>(next.startCall(heard, headers)) {
          @Override
          public void onMessage(Q message) {
            String from = requestor(message);
            if (from.isEmpty() || (reaches(from, node) && !isLost())) {
              super.onMessage(message);
              received(node, message);
              if (isAppend(message) && failing.remove(node)) {
                heard.fail((AppendEntriesRequestProto) message);
              }
            } else if (refusing.contains(from) || refusing.contains(node)) {
              heard.close(Status.UNAVAILABLE.withDescription("refused"), new Metadata());
            } else {
              call.request(1); // as if it had never come
            }
          }
        };
      }
    };
  }

  private static String requestor(Object message) {
    RaftRpcRequestProto head =
        message instanceof AppendEntriesRequestProto append
            ? append.getServerRequest()
            : message instanceof RequestVoteRequestProto vote
                ? vote.getServerRequest()
                : message instanceof InstallSnapshotRequestProto install
                    ? install.getServerRequest()
                    : message instanceof StartLeaderElectionRequestProto start
                        ? start.getServerRequest()
                        : RaftRpcRequestProto.getDefaultInstance();
    return head.getRequestorId().toStringUtf8();
  }

  PeerTransport transport(String self) {
    return new InProcess(self, GroupInfo.MAIN);
  }

  private final class InProcess implements PeerTransport {
    private final String self;
    private final String group;

    InProcess(String self, String group) {
      this.self = self;
      this.group = group;
    }

    @Override
    public PeerTransport inGroup(String other) {
      return new InProcess(self, other);
    }

    @Override
    public CompletableFuture<PeerState> state(String peer, Duration timeout) {
      PeerEndpoints endpoints = alive.get(peer);
      if (endpoints == null || !reaches(self, peer)) {
        return unreachable(peer);
      }
      try {
        return CompletableFuture.completedFuture(endpoints.of(group).state());
      } catch (RuntimeException e) {
        return CompletableFuture.failedFuture(e); // it is about to stop
      }
    }

    @Override
    public CompletableFuture<PeerIntroduction> introduction(String peer, Duration timeout) {
      PeerEndpoints endpoints = alive.get(peer);
      if (endpoints == null || !reaches(self, peer)) {
        return unreachable(peer);
      }
      try {
        return CompletableFuture.completedFuture(
            asOfItsVersion(peer, endpoints.of(group).introduction()));
      } catch (RuntimeException e) {
        return CompletableFuture.failedFuture(e); // it has no such group yet
      }
    }

    @Override
    public CompletableFuture<Void> keepVotes(
        String peer, long term, List<VotedTransaction> voted, Duration timeout) {
      PeerEndpoints endpoints = alive.get(peer);
      if (endpoints == null || !reaches(self, peer)) {
        return unreachable(peer);
      }
      try {
        endpoints.of(group).keepVotes(term, voted);
      } catch (RuntimeException e) {
        return CompletableFuture.failedFuture(e); // it has no such group yet
      }
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void setPeers(Map<String, HostAndPort> addresses) {}

    @Override
    public CompletableFuture<Boolean> findsDead(String witness, String suspect, Duration timeout) {
      return alive.containsKey(witness) && reaches(self, witness)
          ? CompletableFuture.completedFuture(
              !alive.containsKey(suspect) && reaches(witness, suspect))
          : unreachable(witness);
    }

    @Override
    public CompletableFuture<Boolean> probeDead(String suspect, Duration timeout) {
      return CompletableFuture.completedFuture(
          !alive.containsKey(suspect) && reaches(self, suspect));
    }

    @Override
    public void onConnectionLost(Consumer<String> listener) {
      lostListeners.computeIfAbsent(self, node -> new CopyOnWriteArrayList<>()).add(listener);
    }

    @Override
    public CompletableFuture<LogPosition> fetchCheckpoint(
        String peer, Path into, Duration timeout) {
      PeerEndpoints endpoints = alive.get(peer);
      if (endpoints == null || !reaches(self, peer)) {
        return unreachable(peer);
      }
      try {
        checkpoints.incrementAndGet();
        if (Files.exists(into)) {
          try (Stream<Path> old = Files.list(into)) {
            for (Path each : old.toList()) {
              Files.delete(each);
            }
          }
          Files.delete(into);
        }
        return CompletableFuture.completedFuture(endpoints.of(group).checkpoint(into));
      } catch (IOException e) {
        return CompletableFuture.failedFuture(e);
      }
    }

    private <T> CompletableFuture<T> unreachable(String peer) {
      return CompletableFuture.failedFuture(
          new IOException("node " + peer + " can't be reached from " + self));
    }

    @Override
    public void close() {}
  }
}
