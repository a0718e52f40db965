package io.troika.server.raft.peers;

import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.peers.PeerIntroduction.Standing;
import io.troika.server.service.ports.VotedTransaction;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A transport whose questions lie open until the test answers them, in any order. */
public final class FakePeers implements PeerTransport {
  public final List<Question<PeerState>> states = new ArrayList<>();
  public final List<Question<Void>> votes = new ArrayList<>();
  public final List<Question<Boolean>> findings = new ArrayList<>();
  public final List<Question<Boolean>> probes = new ArrayList<>();
  public final List<Question<LogPosition>> checkpoints = new ArrayList<>();
  private final List<Consumer<String>> lostListeners = new ArrayList<>();

  /**
   * An open question.
   *
   * @param about the suspect, the directory of a checkpoint, or the peer itself
   */
  public record Question<T>(String peer, String about, CompletableFuture<T> answer) {}

  @Override
  public CompletableFuture<PeerState> state(String peer, Duration timeout) {
    return ask(states, peer, peer);
  }

  /** What each says of itself, at once; a node of the file's group if nothing is set. */
  final Map<String, PeerIntroduction> introductions = new TreeMap<>();

  public final Map<String, HostAndPort> addresses = new TreeMap<>();

  @Override
  public CompletableFuture<PeerIntroduction> introduction(String peer, Duration timeout) {
    return CompletableFuture.completedFuture(
        introductions.getOrDefault(
            peer, new PeerIntroduction(Standing.MEMBER, member(peer), Membership.NONE)));
  }

  public static MemberConfig member(String nodeId) {
    HostAndPort address = new HostAndPort("host-" + nodeId, 1);
    return new MemberConfig(nodeId, address, address, address);
  }

  public static Membership membership(long index, boolean settled, String... nodeIds) {
    return new Membership(index, settled, Stream.of(nodeIds).map(FakePeers::member).toList());
  }

  public void introduce(String peer, Membership membership) {
    introductions.put(peer, new PeerIntroduction(Standing.MEMBER, member(peer), membership));
  }

  /** It waits to be added. */
  public void introduceJoining(String peer) {
    introductions.put(peer, new PeerIntroduction(Standing.JOINING, member(peer), Membership.NONE));
  }

  @Override
  public CompletableFuture<Void> keepVotes(
      String peer, long term, List<VotedTransaction> voted, Duration timeout) {
    return ask(votes, peer, peer);
  }

  @Override
  public void setPeers(Map<String, HostAndPort> newAddresses) {
    addresses.clear();
    addresses.putAll(newAddresses);
  }

  @Override
  public PeerTransport inGroup(String group) {
    throw new UnsupportedOperationException();
  }

  @Override
  public CompletableFuture<Boolean> findsDead(String witness, String suspect, Duration timeout) {
    return ask(findings, witness, suspect);
  }

  @Override
  public CompletableFuture<Boolean> probeDead(String suspect, Duration timeout) {
    return ask(probes, suspect, suspect);
  }

  private static <T> CompletableFuture<T> ask(List<Question<T>> to, String peer, String about) {
    Question<T> question = new Question<>(peer, about, new CompletableFuture<>());
    to.add(question);
    return question.answer();
  }

  /** Takes the oldest open question to {@code peer}; fails the test if there is none. */
  public static <T> CompletableFuture<T> take(List<Question<T>> from, String peer) {
    Predicate<Question<T>> toPeer = question -> question.peer().equals(peer);
    Question<T> oldest = from.stream().filter(toPeer).findFirst().orElseThrow();
    from.remove(oldest);
    return oldest.answer();
  }

  @Override
  public void onConnectionLost(Consumer<String> listener) {
    lostListeners.add(listener);
  }

  public void lose(String peer) {
    lostListeners.forEach(listener -> listener.accept(peer));
  }

  @Override
  public CompletableFuture<LogPosition> fetchCheckpoint(String peer, Path into, Duration timeout) {
    return ask(checkpoints, peer, into.toString());
  }

  @Override
  public void close() {}
}
