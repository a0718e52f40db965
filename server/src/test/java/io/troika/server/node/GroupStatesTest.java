package io.troika.server.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.LogPosition;
import io.troika.server.service.ports.StateEvents;
import io.troika.server.storage.rocksdb.RocksFigures;
import io.troika.server.storage.rocksdb.RocksResources;
import io.troika.server.storage.rocksdb.RocksSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is asked of databases by those who must not wait for them. */
class GroupStatesTest {
  @TempDir Path directory;

  @Test
  void figures_whileAGroupIsOpenedOrDropped_areToldAtOnce() throws IOException {
    try (RocksResources resources = new RocksResources(RocksSettings.DEFAULT);
        GroupStates states = new GroupStates(directory, resources)) {
      assertThat(states.open("g1", new StateEvents()).applied()).isEqualTo(LogPosition.NONE);
      Map<String, RocksFigures> figures;
      synchronized (states) { // as by one that is opened or dropped
        figures =
            CompletableFuture.supplyAsync(states::figures)
                .completeOnTimeout(Map.of(), 60, TimeUnit.SECONDS)
                .join();
      }
      assertThat(figures).containsOnlyKeys("g1");

      states.drop("g1");
      assertThat(states.figures()).isEmpty();
    }
  }

  @Test
  void applied_asksNotTheStore() throws IOException {
    LogPosition first = new LogPosition(1, 0);
    try (RocksResources resources = new RocksResources(RocksSettings.DEFAULT)) {
      StorageGroup group = StorageGroup.open(directory, resources, new StateEvents());
      group.advance(first);
      group.close(); // it would have to say so now
      assertThat(group.applied()).isEqualTo(first);

      try (StorageGroup again = StorageGroup.open(directory, resources, new StateEvents())) {
        assertThat(again.applied()).isEqualTo(again.reader().group().applied());
      }
    }
  }
}
