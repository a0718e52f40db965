package io.troika.server.raft;

import static io.troika.server.raft.peers.PeerIntroduction.LOG_LEVEL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.raft.peers.FakePeers;
import io.troika.server.raft.peers.PeerIntroduction;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class KnownVersionsTest {
  private static CompletableFuture<PeerIntroduction> at(int logLevel) {
    return CompletableFuture.completedFuture(
        new PeerIntroduction(
            PeerIntroduction.Standing.MEMBER,
            FakePeers.member("n2"),
            FakePeers.membership(7, true, "n1", "n2"),
            logLevel));
  }

  private static CompletableFuture<Void> require(
      Map<String, CompletableFuture<PeerIntroduction>> answers) {
    return KnownVersions.requireGroups(
        List.copyOf(answers.keySet()), node -> answers.getOrDefault(node, at(0)));
  }

  @Test
  void requireGroups_allKnowThem_passes() {
    assertThat(require(Map.of("n2", at(1), "n3", at(LOG_LEVEL)))).isCompleted();
    assertThat(require(Map.of())).isCompleted();
  }

  @Test
  void requireGroups_olderVersionAndOneThatIsAway_areBothNamed() {
    assertThatThrownBy(
            () ->
                require(
                        Map.of(
                            "n2",
                            at(0),
                            "n3",
                            CompletableFuture.failedFuture(new IOException("refused")),
                            "n4",
                            at(1)))
                    .join())
        .hasCauseInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("node n2 is of a version that knows no groups")
        .hasMessageContaining("node n3 does not answer")
        .hasMessageNotContaining("n4");
  }
}
