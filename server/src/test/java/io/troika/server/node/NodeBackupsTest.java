package io.troika.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.troika.server.config.NodeConfig;
import io.troika.server.core.model.StorageState;
import io.troika.server.operator.OperationFailedException;
import io.troika.server.status.Job;
import io.troika.server.status.Job.State;
import io.troika.server.status.JobBoard;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(600)
class NodeBackupsTest {
  private static final Path ROOT = Path.of("/backups/of/troika");
  private static final NodeConfig CONFIG =
      ClusterLayout.onPorts(Path.of("/d"), 1, 7_400).nodes().get(0).backingUpTo(ROOT);

  private final JobBoard jobs = new JobBoard(() -> 1_000);

  @ParameterizedTest
  @ValueSource(
      strings = {"..", ".", "", "../../etc", "/etc", "a/b", "a\\b", "a\0b", "ä", "-x", ".hidden"})
  void directory_ofAnyName_isOneBelowTheRoot(String storage) {
    Path place = ROOT.resolve(NodeBackups.directoryOf(storage)).normalize();

    assertThat(place.getParent()).isEqualTo(ROOT);
    assertThat(NodeBackups.directoryOf(storage)).matches("0x[0-9a-f]*");
  }

  @Test
  void directory_ofPlainNames_isTheNameAndNeverAnothers() {
    assertThat(NodeBackups.directoryOf("main-1_a")).isEqualTo("main-1_a");
    assertThat(NodeBackups.directoryOf("0x2e2e")).isNotEqualTo(NodeBackups.directoryOf(".."));
  }

  @Test
  void directory_ofTheLongestNames_isNoLongerThanAFileNameMayBe() {
    String one = "ä".repeat(StorageState.NAME_LENGTH_MAX);
    String other = one.substring(1) + "b";

    assertThat(NodeBackups.directoryOf(one))
        .matches("0x[0-9a-f]{120}-[0-9a-f]{64}")
        .isNotEqualTo(NodeBackups.directoryOf(other));
    assertThat(NodeBackups.directoryOf("a".repeat(StorageState.NAME_LENGTH_MAX)))
        .hasSizeLessThan(256);
    assertThat(NodeBackups.directoryOf("a".repeat(126))).hasSize(254);
  }

  @Test
  void begin_oneAfterTheOther_areJobsWithTheirOutcome() {
    CountDownLatch release = new CountDownLatch(1);
    StorageCopier copier =
        (node, storage, directory, progress) -> {
          progress.written(3, 9);
          awaitIt(release);
          if (storage.equals("bad")) {
            throw new IOException("%s: no room".formatted(directory));
          }
          return "into " + directory;
        };
    try (NodeBackups backups =
        new NodeBackups(CONFIG, copier, Set.of("main", "bad")::contains, jobs)) {
      assertThat(backups.isPossible()).isTrue();
      assertThat(backups.begin("main", "token 'ops'")).contains("main on n1 has begun");
      assertThatThrownBy(() -> backups.begin("bad", "x"))
          .isInstanceOf(OperationFailedException.class)
          .hasMessageContaining("Another backup is running");
      release.countDown();
      await().until(() -> states().equals(List.of(State.SUCCEEDED)));
      assertThat(jobs.jobs().get(0).outcome()).isEqualTo("into " + ROOT.resolve("main"));
      assertThat(jobs.jobs().get(0).by()).isEqualTo("token 'ops' on n1");
      assertThat(jobs.jobs().get(0).progress().done()).isEqualTo(3);

      await().ignoreExceptions().until(() -> backups.begin("bad", "x").contains("begun"));
      await().until(() -> states().equals(List.of(State.FAILED, State.SUCCEEDED)));
      // Whoever reaches the page can read it.
      assertThat(jobs.jobs().get(0).outcome())
          .isEqualTo("it was not finished: the log of n1 says why");
      assertThatThrownBy(() -> backups.begin("../main", "x")).hasMessageContaining("no storage");
    }
  }

  @Test
  void begin_whatFailsUnexpectedly_isAFailedJobAndTheNextOneBegins() {
    StorageCopier copier =
        (node, storage, directory, progress) -> {
          throw new IllegalStateException("a bug");
        };
    try (NodeBackups backups = new NodeBackups(CONFIG, copier, name -> true, jobs)) {
      assertThat(backups.begin("main", "x")).contains("begun");
      await().until(() -> states().equals(List.of(State.FAILED)));
      await().ignoreExceptions().until(() -> backups.begin("main", "x").contains("begun"));
    }
  }

  @Test
  void begin_withoutADirectory_isRefused() {
    NodeConfig none = ClusterLayout.onPorts(Path.of("/d"), 1, 7_400).nodes().get(0);
    try (NodeBackups backups =
        new NodeBackups(none, (node, storage, place, progress) -> "", name -> true, jobs)) {
      assertThat(backups.isPossible()).isFalse();
      assertThatThrownBy(() -> backups.begin("main", "x")).hasMessageContaining("backup.directory");
    }
  }

  private List<State> states() {
    return jobs.jobs().stream().map(Job::state).toList();
  }

  private static void awaitIt(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
