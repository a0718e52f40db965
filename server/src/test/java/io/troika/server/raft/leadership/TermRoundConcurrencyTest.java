package io.troika.server.raft.leadership;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.config.HostAndPort;
import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.division.FakeRaft;
import io.troika.server.raft.peers.PeerIntroduction;
import io.troika.server.raft.peers.PeerTransport;
import io.troika.server.raft.peers.PeerTransport.PeerState;
import io.troika.server.raft.threads.FakeTimer;
import io.troika.server.service.ports.VotedTransaction;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many threads ask at once; the answers come on others. */
@Timeout(300)
class TermRoundConcurrencyTest {
  private static final int ASKING_THREADS = 8;
  private static final int PROOFS_EACH = 3_000;

  private final ExecutorService network = Executors.newFixedThreadPool(3);
  private final ExecutorService askers = Executors.newFixedThreadPool(ASKING_THREADS);
  private final AtomicLong asked = new AtomicLong();

  @AfterEach
  void stop() {
    network.shutdownNow();
    askers.shutdownNow();
  }

  @Test
  void prove_manyThreads_everyProofIsOfAQuestionAskedAfterItsCall() throws Exception {
    FakeRaft raft = new FakeRaft("n1", "n1");
    TermRound rounds =
        new TermRound(raft, new Answering(), new FakeTimer(), TermRound.Settings.DEFAULT);
    List<Future<Integer>> finished = new ArrayList<>();
    for (int i = 0; i < ASKING_THREADS; i++) {
      finished.add(askers.submit(() -> proveMany(rounds)));
    }
    for (Future<Integer> each : finished) {
      assertThat(each.get(240, TimeUnit.SECONDS)).isEqualTo(PROOFS_EACH);
    }
    assertThat(asked.get())
        .as("rounds are shared: fewer questions than one for each voter and proof")
        .isLessThan(2L * ASKING_THREADS * PROOFS_EACH);
  }

  private int proveMany(TermRound rounds) throws Exception {
    int proved = 0;
    for (int i = 0; i < PROOFS_EACH; i++) {
      long before = asked.get();
      if (rounds.prove().get(120, TimeUnit.SECONDS) == 5 && asked.get() > before) {
        proved++;
      }
    }
    return proved;
  }

  /** Answers each question from another thread, at once. */
  private final class Answering implements PeerTransport {
    @Override
    public CompletableFuture<PeerIntroduction> introduction(String peer, Duration timeout) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<Void> keepVotes(
        String peer, long term, List<VotedTransaction> voted, Duration timeout) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void setPeers(Map<String, HostAndPort> addresses) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<PeerState> state(String peer, Duration timeout) {
      asked.incrementAndGet();
      LogPosition entry = new LogPosition(5, 10);
      CompletableFuture<PeerState> answer = new CompletableFuture<>();
      network.execute(() -> answer.complete(new PeerState(5, entry, 10, entry, "n1", true)));
      return answer;
    }

    @Override
    public CompletableFuture<Boolean> findsDead(String witness, String suspect, Duration timeout) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<Boolean> probeDead(String suspect, Duration timeout) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void onConnectionLost(Consumer<String> listener) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<LogPosition> fetchCheckpoint(String peer, Path into, Duration time) {
      throw new UnsupportedOperationException();
    }

    @Override
    public PeerTransport inGroup(String group) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
