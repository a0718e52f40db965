package io.troika.server.storage.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.troika.server.core.ChangeSet;
import io.troika.server.core.model.InvariantViolation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replacement that crashes after any step ends, at the next start, as the old or the new one. */
class DatabaseDirectoryTest {
  @TempDir Path directory;
  private Path root;
  private Path incoming;

  private static final class Crash extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  @BeforeEach
  void makeOldAndNew() throws IOException {
    reset();
  }

  private void reset() throws IOException {
    root = directory.resolve("root");
    incoming = directory.resolve("incoming");
    DurableFiles.deleteRecursively(root);
    DurableFiles.deleteRecursively(incoming);
    fill(root.resolve("db"), "old", "a", "b");
    fill(root.resolve("db.old"), "older", "a", "z");
    fill(incoming, "new", "b", "c");
  }

  private static void fill(Path path, String content, String... names) throws IOException {
    Files.createDirectories(path);
    for (String name : names) {
      Files.writeString(path.resolve(name), content);
    }
  }

  private String found() throws IOException {
    StringBuilder found = new StringBuilder();
    for (String name : DurableFiles.namesIn(root.resolve("db"))) {
      found.append(name).append('=').append(Files.readString(root.resolve("db").resolve(name)));
      found.append(' ');
    }
    return found.toString().strip();
  }

  private static Runnable crashAfter(int steps) {
    int[] left = {steps};
    return () -> {
      if (--left[0] == 0) {
        throw new Crash();
      }
    };
  }

  @Test
  void replace_crashedAfterEachStep_isRecoveredWholeOldOrWholeNew() throws IOException {
    Set<String> seen = new HashSet<>();
    boolean crashed = true;
    int steps = 0;
    for (int crashAt = 1; crashed; crashAt++) {
      reset();
      crashed = false;
      try {
        new DatabaseDirectory(root, crashAfter(crashAt)).replaceBy(incoming);
      } catch (Crash crash) {
        crashed = true;
        steps++;
      }
      new DatabaseDirectory(root).recover();
      seen.add(found());
      assertThat(found()).isIn("a=old b=old", "b=new c=new");
      assertThat(DurableFiles.namesIn(root)).containsExactly("db");
    }
    assertThat(steps).isEqualTo(5);
    assertThat(seen).as("both ends are reached").hasSize(2);
  }

  @Test
  void recovery_crashedAfterEachStep_isRecoveredAgain() throws IOException {
    for (int crashAt = 2; crashAt <= 4; crashAt++) {
      for (int crashAgainAt = 1; crashAgainAt <= 3; crashAgainAt++) {
        reset();
        DatabaseDirectory crashing = new DatabaseDirectory(root, crashAfter(crashAt));
        assertThatExceptionOfType(Crash.class).isThrownBy(() -> crashing.replaceBy(incoming));
        try {
          new DatabaseDirectory(root, crashAfter(crashAgainAt)).recover();
        } catch (Crash again) {
          assertThat(again).isNotNull();
        }
        new DatabaseDirectory(root).recover();
        assertThat(found()).isEqualTo("b=new c=new");
        assertThat(DurableFiles.namesIn(root)).containsExactly("db");
      }
    }
  }

  @Test
  void recover_ofAnEmptyRoot_createsNothingButTheRoot() throws IOException {
    Path fresh = directory.resolve("fresh");
    new DatabaseDirectory(fresh).recover();
    assertThat(DurableFiles.namesIn(fresh)).isEmpty();
  }

  @Test
  void recover_withOnlyTheReplacedOne_refusesToGuess() throws IOException {
    DurableFiles.deleteRecursively(root.resolve("db"));
    assertThatExceptionOfType(InvariantViolation.class)
        .isThrownBy(() -> new DatabaseDirectory(root).recover())
        .withMessageContaining("db.old but neither db nor db.new");
  }

  /** The same with real databases: what opens after the crash has one state's digest. */
  @Test
  void install_crashedAfterEachStep_opensAsTheOldOrTheNewState() throws IOException {
    List<ChangeSet> history = RandomHistory.of(21, 20_000, 60);
    try (RocksResources resources = new RocksResources(RocksSettings.DEFAULT)) {
      for (int crashAt = 1; crashAt <= 5; crashAt++) {
        Path place = directory.resolve("real-" + crashAt);
        Path checkpoint = place.resolve("checkpoint");
        List<String> newState;
        try (RocksRevisionStore leader =
            RocksRevisionStore.open(place.resolve("leader"), resources)) {
          history.forEach(leader::write);
          newState = StateDump.of(leader);
          leader.checkpoint(checkpoint);
        }
        Path follower = place.resolve("follower");
        List<String> oldState;
        try (RocksRevisionStore store = RocksRevisionStore.open(follower, resources)) {
          RandomHistory.of(22, 20_000, 30).forEach(store::write);
          store.flush();
          oldState = StateDump.of(store);
        }
        DatabaseDirectory crashing = new DatabaseDirectory(follower, crashAfter(crashAt));
        assertThatExceptionOfType(Crash.class).isThrownBy(() -> crashing.replaceBy(checkpoint));

        try (RocksRevisionStore store = RocksRevisionStore.open(follower, resources)) {
          assertThat(StateDump.of(store)).isEqualTo(crashAt < 2 ? oldState : newState);
          store.verify();
        }
      }
    }
  }
}
