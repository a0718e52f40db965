package io.troika.server.storage.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.ChangeSet.ExpiringOutcome;
import io.troika.server.core.command.Outcome.Abandoned;
import io.troika.server.core.model.TransactionId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Nothing that is recorded is ever said not to be. */
class NewestOutcomesTest {
  private final Set<TransactionId> database = new HashSet<>();
  private final List<UUID> asked = new ArrayList<>();

  private NewestOutcomes newest(int clientsMax) {
    return new NewestOutcomes(
        clientsMax,
        client -> {
          asked.add(client);
          return database.stream()
              .filter(id -> id.client().equals(client))
              .mapToLong(TransactionId::sequence)
              .max()
              .orElse(-1);
        });
  }

  private static TransactionId id(int client, long sequence) {
    return new TransactionId(new UUID(0, client), sequence);
  }

  private void record(NewestOutcomes newest, TransactionId... ids) {
    List<ExpiringOutcome> outcomes = new ArrayList<>();
    for (TransactionId id : ids) {
      outcomes.add(new ExpiringOutcome(id, new Abandoned(), 1_000));
    }
    newest.recording(outcomes);
    assertThat(ids).as("before they can be seen").allMatch(newest::mayBeRecorded);
    database.addAll(List.of(ids));
  }

  @Test
  void clientThatCountsUp_isAskedOfTheDatabaseOnce() {
    NewestOutcomes newest = newest(10);
    assertThat(newest.mayBeRecorded(id(1, 1))).as("nothing is known of it").isTrue();

    for (int sequence = 1; sequence <= 5; sequence++) {
      record(newest, id(1, sequence));
      assertThat(newest.mayBeRecorded(id(1, sequence + 1))).isFalse();
    }

    assertThat(asked).hasSize(1);
  }

  @Test
  void lateOne_doesNotLowerWhatIsKnown() {
    NewestOutcomes newest = newest(10);

    record(newest, id(1, 7));
    record(newest, id(1, 3));

    assertThat(newest.mayBeRecorded(id(1, 7))).isTrue();
    assertThat(newest.mayBeRecorded(id(1, 8))).isFalse();
  }

  @Test
  void recordedBeforeTheStart_isFoundWhenItsClientCommits() {
    database.add(id(1, 9));
    NewestOutcomes newest = newest(10);
    assertThat(newest.mayBeRecorded(id(1, 9))).isTrue();

    record(newest, id(1, 2));

    assertThat(newest.mayBeRecorded(id(1, 9))).isTrue();
  }

  /** It is forgotten between two of its own, which the database does not have yet. */
  @Test
  void clientForgottenWithinOneEntry_deniesNothingThatIsRecorded() {
    NewestOutcomes newest = newest(1);
    for (int entry = 0; entry < 200; entry++) {
      int client = 10 * entry;
      for (int other = 0; other < entry % 7; other++) {
        record(newest, id(client + 9, other)); // one that is asked for often stays instead
        assertThat(newest.mayBeRecorded(id(client + 9, other))).isTrue();
      }

      record(newest, id(client, 7), id(client + 1, 1), id(client + 2, 1), id(client, 3));

      assertThat(newest.mayBeRecorded(id(client, 7))).isTrue();
    }
  }

  @Test
  void anyHistory_ofMoreClientsThanAreKept_deniesNothingThatIsRecorded() {
    Random random = new Random(20261126);
    NewestOutcomes newest = newest(3);
    for (int step = 0; step < 3_000; step++) {
      TransactionId next = id(random.nextInt(8), random.nextInt(50));
      if (!newest.mayBeRecorded(next)) {
        assertThat(database).doesNotContain(next);
      }
      if (random.nextInt(4) == 0) {
        database.remove(id(random.nextInt(8), random.nextInt(50))); // forgotten
      }
      record(newest, next, id(random.nextInt(8), random.nextInt(50)));
    }
    assertThat(database).allMatch(newest::mayBeRecorded);
  }
}
