package io.troika.server.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.TransactionId;
import io.troika.server.raft.peers.Membership;
import io.troika.server.raft.peers.PeerIntroduction;
import io.troika.server.raft.peers.PeerIntroduction.Standing;
import io.troika.server.raft.peers.PeerTransport.PeerState;
import io.troika.server.service.ports.VotedTransaction;
import io.troika.server.service.ports.VotedTransaction.Locked;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(240)
class GrpcPeerTransportTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration SHORT = Duration.ofMillis(100);

  @TempDir Path directory;
  private PeerNode n1;
  private PeerNode n2;
  private PeerNode n3;

  @BeforeEach
  void start() throws IOException {
    n1 = PeerNode.start("n1", directory, PeerNode.QUICK);
    n2 = PeerNode.start("n2", directory, PeerNode.QUICK);
    n3 = PeerNode.start("n3", directory, PeerNode.QUICK);
    n1.connectTo(n2, n3);
    n2.connectTo(n1, n3);
    awaitConnected(n1, "n2");
    awaitConnected(n1, "n3");
    awaitConnected(n2, "n3");
  }

  @AfterEach
  void stop() {
    n1.close();
    n2.close();
    n3.close();
  }

  @Test
  void state_connectedPeer_answersWhatItsEndpointSays() {
    n2.endpoint.state = new PeerState(9, new LogPosition(8, 70), -1, LogPosition.NONE, "", false);
    assertThat(n1.transport.state("n2", SOON)).succeedsWithin(SOON).isEqualTo(n2.endpoint.state);
    assertThat(n1.transport.state("n3", SOON)).succeedsWithin(SOON).isEqualTo(n3.endpoint.state);
  }

  @Test
  void keepVotes_objectsOfTwoStorages_arriveAsTheyWere() {
    List<VotedTransaction> voted =
        List.of(
            new VotedTransaction(
                new TransactionId(new UUID(-1, 2), 3),
                List.of(
                    new Locked(new StorageId(1), List.of(new Oid(7), new Oid(5)), List.of()),
                    new Locked(new StorageId(2), List.of(), List.of(new Oid(1L << 60))))),
            new VotedTransaction(new TransactionId(new UUID(1, -2), 0), List.of()));

    assertThat(n1.transport.keepVotes("n2", 9, voted, SOON)).succeedsWithin(SOON);
    assertThat(n2.endpoint.kept).isEqualTo(voted);
    assertThat(n2.endpoint.keptTerm).isEqualTo(9);
    assertThat(n1.transport.keepVotes("n9", 9, voted, SOON)).failsWithin(SOON);
  }

  @Test
  void introduction_knownGroup_comesWithAllAddresses() {
    HostAndPort one = new HostAndPort("a.example", 1);
    HostAndPort two = new HostAndPort("b.example", 2);
    Membership group =
        new Membership(
            77,
            true,
            List.of(
                new MemberConfig("n2", one, two, new HostAndPort("c.example", 3)),
                new MemberConfig("n1", two, one, two)));
    n2.endpoint.introduction =
        new PeerIntroduction(Standing.JOINING, n2.endpoint.introduction.self(), group);

    assertThat(n1.transport.introduction("n2", SOON))
        .succeedsWithin(SOON)
        .isEqualTo(n2.endpoint.introduction);
  }

  @Test
  void state_manyAtOnce_eachGetsItsAnswer() {
    List<CompletableFuture<PeerState>> answers =
        IntStream.range(0, 50).mapToObj(i -> n1.transport.state("n2", SOON)).toList();
    assertThat(answers)
        .allSatisfy(answer -> assertThat(answer).succeedsWithin(SOON).isEqualTo(n2.endpoint.state));
  }

  @Test
  void state_unknownPeer_fails() {
    assertThat(failure(n1.transport.state("n9", SOON))).hasMessageContaining("n9");
  }

  @Test
  void state_endpointThrows_failsWithItsReasonAndTheConnectionStays() {
    n2.endpoint.beforeState =
        () -> {
          throw new IllegalStateException("no division yet");
        };
    assertThat(failure(n1.transport.state("n2", SOON))).hasMessageContaining("no division yet");
    n2.endpoint.beforeState = () -> {};
    assertThat(n1.transport.state("n2", SOON)).succeedsWithin(SOON);
    assertThat(n1.transport.isConnected("n2")).isTrue();
  }

  @Test
  void state_peerHangs_failsInTimeAndOthersAreNotHeldUp() {
    CountDownLatch hang = new CountDownLatch(1);
    n2.endpoint.beforeState = () -> awaitUninterruptibly(hang);
    CompletableFuture<PeerState> hanging = n1.transport.state("n2", SHORT);
    assertThat(n1.transport.state("n3", SOON)).succeedsWithin(SOON);
    assertThat(failure(hanging)).isInstanceOf(TimeoutException.class);
    hang.countDown();
    assertThat(n1.transport.state("n2", SOON)).succeedsWithin(SOON);
  }

  @Test
  void state_moreOpenThanAllowed_refusesTheNext() {
    CountDownLatch hang = new CountDownLatch(1);
    n2.endpoint.beforeState = () -> awaitUninterruptibly(hang);
    int most = PeerNode.QUICK.questionsMax();
    List<CompletableFuture<PeerState>> open =
        IntStream.range(0, most).mapToObj(i -> n1.transport.state("n2", SOON)).toList();
    assertThat(failure(n1.transport.state("n2", SOON))).hasMessageContaining("no more questions");
    hang.countDown();
    assertThat(open).allSatisfy(answer -> assertThat(answer).succeedsWithin(SOON));
  }

  @Test
  void connectionLost_peerStops_isReportedOnceAndOpenQuestionsFail() {
    List<String> lost = new CopyOnWriteArrayList<>();
    n1.transport.onConnectionLost(lost::add);
    n2.stopListening();
    await().atMost(SOON).until(() -> !lost.isEmpty());
    assertThat(failure(n1.transport.state("n2", SHORT))).hasMessageContaining("not connected");
    assertThat(n1.transport.state("n3", SOON)).succeedsWithin(SOON);
    assertThat(lost).containsExactly("n2");
  }

  @Test
  void connectionLost_peerComesBack_isConnectedAndLostAgain() throws IOException {
    List<String> lost = new CopyOnWriteArrayList<>();
    n1.transport.onConnectionLost(lost::add);
    int port = n2.address().port();
    n2.stopListening();
    await().atMost(SOON).until(() -> lost.size() == 1);
    n2.listenAgain(port, PeerNode.QUICK);
    awaitConnected(n1, "n2");
    assertThat(n1.transport.state("n2", SOON)).succeedsWithin(SOON);
    n2.stopListening();
    await().atMost(SOON).until(() -> lost.size() == 2);
  }

  @Test
  void connectionLost_closedByThisSide_isNotReported() {
    List<String> lost = new CopyOnWriteArrayList<>();
    n1.transport.onConnectionLost(lost::add);
    n1.transport.setPeers(Map.of("n3", n3.address()));
    assertThat(failure(n1.transport.state("n2", SHORT))).hasMessageContaining("no peer n2");
    assertThat(n1.transport.state("n3", SOON)).as("the kept one").succeedsWithin(SOON);
    n1.transport.close();
    assertThat(lost).isEmpty();
  }

  @Test
  void setPeers_changedAddress_leadsToTheNewPlace() throws IOException {
    n2.stopListening();
    n2.listenAgain(0, PeerNode.QUICK);
    n1.connectTo(n2, n3);
    awaitConnected(n1, "n2");
  }

  @Test
  void connect_addressOfAnotherNode_isNotTakenForThePeer() {
    n1.transport.setPeers(Map.of("n2", n3.address(), "n3", n3.address()));
    awaitConnected(n1, "n3");
    await()
        .during(Duration.ofMillis(200))
        .atMost(SOON)
        .until(() -> !n1.transport.isConnected("n2"));
    assertThat(failure(n1.transport.state("n2", SHORT))).isInstanceOf(IOException.class);
  }

  @Test
  void connect_listenerThatNeverAnswers_isGivenUpAndTriedAgain() throws Exception {
    PeerSettings hasty =
        new PeerSettings(
            SHORT, Duration.ofMillis(5), Duration.ofMillis(20), 8, 1, 1024, Duration.ofSeconds(1));
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        GrpcPeerTransport transport = new GrpcPeerTransport("n1", Map.of(), hasty, NodeTls.NONE)) {
      transport.setPeers(Map.of("n2", new HostAndPort("127.0.0.1", silent.getLocalPort())));
      for (int attempt = 0; attempt < 3; attempt++) {
        try (Socket accepted = silent.accept()) {
          assertThat(accepted.isConnected()).isTrue();
        }
      }
      assertThat(transport.isConnected("n2")).isFalse();
    }
  }

  @Test
  void probeDead_peerStopped_isTrueThoughItNeverAnswers() {
    assertThat(n1.transport.probeDead("n2", SOON)).succeedsWithin(SOON).isEqualTo(false);
    n2.stopListening();
    assertThat(n1.transport.probeDead("n2", SOON)).succeedsWithin(SOON).isEqualTo(true);
  }

  @Test
  void probeDead_listenerThatNeverAnswers_isNotDead() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      n1.transport.setPeers(Map.of("n2", new HostAndPort("127.0.0.1", silent.getLocalPort())));
      assertThat(n1.transport.probeDead("n2", SHORT)).succeedsWithin(SOON).isEqualTo(false);
    }
  }

  @Test
  void probeDead_unknownHost_isNotDead() {
    // Too long for a name, so that no name server is asked, however slow it is.
    n1.transport.setPeers(Map.of("n2", new HostAndPort("n".repeat(64) + ".invalid", 1)));
    assertThat(n1.transport.probeDead("n2", SHORT)).succeedsWithin(SOON).isEqualTo(false);
  }

  @Test
  void findsDead_suspectRuns_isFalseAndAfterItsEndTrue() {
    assertThat(n1.transport.findsDead("n2", "n3", SOON)).succeedsWithin(SOON).isEqualTo(false);
    n3.stopListening();
    assertThat(n1.transport.findsDead("n2", "n3", SOON)).succeedsWithin(SOON).isEqualTo(true);
  }

  @Test
  void findsDead_witnessDoesNotKnowTheSuspect_failsWithItsReason() {
    assertThat(failure(n1.transport.findsDead("n2", "n9", SOON))).hasMessageContaining("n9");
  }

  @Test
  void findsDead_timeoutOutOfRange_isRefused() {
    assertThat(failure(n1.transport.findsDead("n2", "n3", Duration.ZERO)))
        .isInstanceOfAny(IOException.class, TimeoutException.class);
  }

  @Test
  void close_openQuestions_fail() {
    CountDownLatch hang = new CountDownLatch(1);
    n2.endpoint.beforeState = () -> awaitUninterruptibly(hang);
    CompletableFuture<PeerState> open = n1.transport.state("n2", SOON);
    n1.transport.close();
    assertThat(failure(open)).isInstanceOf(IOException.class);
    assertThat(failure(n1.transport.state("n2", SOON))).isInstanceOf(IOException.class);
    n1.transport.setPeers(Map.of("n9", n2.address()));
    assertThat(failure(n1.transport.state("n9", SOON))).hasMessageContaining("no peer");
    hang.countDown();
  }

  @Test
  void start_portTaken_saysWhich() {
    assertThatThrownBy(() -> n1.listenAgain(n2.address().port(), PeerNode.QUICK))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("can't listen on " + n2.address() + ": ")
        .hasMessageContaining("in use");
  }

  private static void awaitConnected(PeerNode from, String peer) {
    await().atMost(SOON).until(() -> from.transport.isConnected(peer));
  }

  private static Throwable failure(CompletableFuture<?> future) {
    Throwable failure =
        future.handle((value, thrown) -> thrown).orTimeout(60, TimeUnit.SECONDS).join();
    assertThat(failure).as("failure of %s", future).isNotNull();
    return failure instanceof java.util.concurrent.CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      if (!latch.await(120, TimeUnit.SECONDS)) {
        throw new UncheckedIOException(new IOException("the test never let go"));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
