package io.troika.server.raft.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(240)
class DataDirectoryTest {
  private static final int GROUPS = 12;

  @TempDir Path root;

  /**
   * The groups of a node come in on threads of their own. What a note that is lost would have kept
   * an emptied node from is a second vote.
   */
  @Test
  void record_ofManyGroupsAtOnce_keepsEachNote() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(GROUPS + 1);
    CyclicBarrier start = new CyclicBarrier(GROUPS + 1);
    try (DataDirectory directory = DataDirectory.open(root, "n1")) {
      List<Future<?>> ends = new ArrayList<>();
      for (int i = 0; i < GROUPS; i++) {
        int number = i;
        Files.createDirectories(directory.raft(name(number)));
        ends.add(
            threads.submit(
                () -> {
                  start.await();
                  directory.recordMember(name(number), id(number));
                  return true;
                }));
      }
      ends.add(
          threads.submit(
              () -> {
                start.await();
                directory.recordArrival(5);
                return true;
              }));
      for (Future<?> end : ends) {
        assertThat(end.get(180, TimeUnit.SECONDS)).isEqualTo(true);
      }
      for (int i = 0; i < GROUPS; i++) {
        assertThat(directory.isMember(name(i), id(i))).as(name(i)).isTrue();
      }
      assertThat(directory.arrivalIndex()).isEqualTo(5);
    } finally {
      threads.shutdownNow();
    }
  }

  private static String name(int number) {
    return "g" + number;
  }

  private static UUID id(int number) {
    return new UUID(7, number);
  }
}
