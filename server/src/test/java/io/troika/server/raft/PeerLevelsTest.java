package io.troika.server.raft;

import static io.troika.server.raft.peers.PeerIntroduction.LOG_LEVEL;
import static io.troika.server.raft.peers.PeerIntroduction.STAGED_TOGETHER_LEVEL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.core.command.Command.CommitTogether;
import io.troika.server.core.command.Command.NoOperation;
import io.troika.server.core.command.Command.Share;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.raft.peers.FakePeers;
import io.troika.server.raft.peers.PeerIntroduction;
import io.troika.server.raft.threads.FakeTimer;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class PeerLevelsTest {
  private final Map<String, Integer> present = new HashMap<>();
  private int asked;
  private final FakeTimer timer = new FakeTimer();
  private final PeerLevels levels = new PeerLevels(this::introduce, timer);

  private CompletableFuture<PeerIntroduction> introduce(String peer) {
    asked++;
    Integer level = present.get(peer);
    return level == null
        ? CompletableFuture.failedFuture(new IOException("refused"))
        : CompletableFuture.completedFuture(
            new PeerIntroduction(
                PeerIntroduction.Standing.MEMBER,
                FakePeers.member(peer),
                FakePeers.membership(7, true, "n1", peer),
                level));
  }

  private CompletableFuture<Void> require(String... peers) {
    return levels.require(STAGED_TOGETHER_LEVEL, List.of(peers));
  }

  @Test
  void needed_onlyOfWhatOlderVersionsDoNotKnow() {
    TransactionId id = new TransactionId(new UUID(1, 2), 3);
    BlobReference stage = BlobReference.empty(new BlobId(id, 0), 4);
    assertThat(PeerLevels.needed(together(id, List.of()))).isZero();
    assertThat(PeerLevels.needed(new NoOperation())).isZero();
    assertThat(PeerLevels.needed(together(id, List.of(stage)))).isEqualTo(3);
  }

  static CommitTogether together(TransactionId id, List<BlobReference> stages) {
    return new CommitTogether(
        id,
        new Tid(1),
        TransactionMetadata.EMPTY,
        List.of(
            new Share(new StorageId(1), List.of(), List.of(), List.of(), List.of()),
            new Share(new StorageId(2), List.of(), List.of(), List.of(), List.of(), stages)));
  }

  @Test
  void require_allOfThisVersion_passesAndAsksThemOnce() {
    present.put("n2", LOG_LEVEL);
    present.put("n3", STAGED_TOGETHER_LEVEL);

    assertThat(require("n2", "n3")).isCompleted();
    assertThat(require("n2", "n3")).isCompleted();
    assertThat(asked).isEqualTo(2);
    assertThat(require()).isCompleted();
  }

  @Test
  void require_anOlderOne_isRefusedUntilItComesBackUpgraded() {
    present.put("n2", STAGED_TOGETHER_LEVEL - 1);
    assertThatThrownBy(() -> require("n2").join())
        .hasCauseInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("node n2 is of an older version");

    present.put("n2", STAGED_TOGETHER_LEVEL);
    levels.returned("n2");
    assertThat(require("n2")).isCompleted();

    present.put("n2", 0);
    levels.returned("n2");
    assertThat(require("n2")).isCompletedExceptionally();
  }

  @Test
  void require_oneThatIsAway_isKnownByWhatItSaidBefore() {
    assertThatThrownBy(() -> require("n3").join()).hasMessageContaining("node n3 does not answer");

    present.put("n3", LOG_LEVEL);
    levels.returned("n3");
    present.remove("n3");
    assertThat(require("n3")).isCompleted();
    levels.returned("n3");
    assertThat(require("n3")).isCompleted();
  }

  @Test
  void returned_itDoesNotAnswerYet_isAskedAgainForAWhile() {
    levels.returned("n3");
    timer.advance(PeerLevels.RETRY.multipliedBy(2));
    present.put("n3", LOG_LEVEL);
    timer.advance(PeerLevels.RETRY);
    present.remove("n3");
    assertThat(require("n3")).isCompleted();
    assertThat(timer.scheduled()).isZero();

    asked = 0;
    levels.returned("n2");
    timer.advance(PeerLevels.RETRY.multipliedBy(1_000));
    assertThat(asked).isEqualTo(PeerLevels.TRIES_MAX);
  }
}
