package io.troika.server.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.peers.FakePeers;
import io.troika.server.raft.state.CheckpointInstall;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the directory in which checkpoints arrive. */
class CheckpointInstallTest {
  @TempDir Path root;
  private final FakePeers peers = new FakePeers();
  private LedgerState state;
  private Path incoming;
  private CheckpointInstall install;

  @BeforeEach
  void open() throws IOException {
    state = new LedgerState(root.resolve("state"));
    state.advance(at(10));
    incoming = root.resolve("incoming");
    install = new CheckpointInstall(peers, state, incoming, Runnable::run);
  }

  private static LogPosition at(long index) {
    return new LogPosition(1, index);
  }

  private void leavePart() throws IOException {
    Files.createDirectories(incoming);
    Files.writeString(incoming.resolve("000007.sst"), "half of it");
  }

  @Test
  void tidy_fetchFailed_removesWhatItLeftOnceTheLogHelps() throws IOException {
    CompletableFuture<LogPosition> fetched = install.fetch("n2", 20);
    leavePart();
    FakePeers.take(peers.checkpoints, "n2").completeExceptionally(new IOException("cut off"));
    assertThat(fetched).isCompletedExceptionally();

    install.tidy(12); // of which two are not applied yet
    state.advance(at(12));
    install.tidy(12);
    assertThat(incoming).isNotEmptyDirectory();

    state.advance(at(13));
    install.tidy(13);
    assertThat(incoming).doesNotExist();
  }

  @Test
  void tidy_fetchFailedAgain_beginsAnew() throws IOException {
    leavePart(); // by a process before this one
    install.tidy(10);
    CompletableFuture<LogPosition> fetched = install.fetch("n2", 20);
    FakePeers.take(peers.checkpoints, "n2").completeExceptionally(new IOException("cut off"));
    assertThat(fetched).isCompletedExceptionally();

    state.advance(at(13));
    install.tidy(13);
    assertThat(incoming).isNotEmptyDirectory();
  }

  @Test
  void tidy_whileOneIsFetched_leavesItAndAnotherFetchIsRefused() throws IOException {
    leavePart();
    install.tidy(10);
    CompletableFuture<LogPosition> fetched = install.fetch("n2", 20);
    install.tidy(10);
    state.advance(at(11));
    install.tidy(11);
    assertThat(incoming).isNotEmptyDirectory();
    assertThat(install.fetch("n3", 20)).isCompletedExceptionally();
    assertThat(fetched).isNotDone();
  }

  @Test
  void tidy_fetched_leavesItUntilItIsInPlace() throws IOException {
    CompletableFuture<LogPosition> fetched = install.fetch("n2", 20);
    LedgerState leader = new LedgerState(root.resolve("leader"));
    leader.advance(at(25));
    LogPosition sent = leader.checkpoint(incoming);
    FakePeers.take(peers.checkpoints, "n2").complete(sent);
    assertThat(fetched).isCompletedWithValue(at(25));

    install.tidy(10);
    state.advance(at(11));
    install.tidy(11);
    assertThat(install.into(state)).isEqualTo(at(25));
    assertThat(state.applied()).isEqualTo(at(25));
    assertThat(incoming).doesNotExist();
  }
}
