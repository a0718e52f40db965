package io.troika.server.service.commit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.core.ForwardingStore;
import io.troika.server.core.model.InvariantViolation;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.service.ServiceFixture;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a vote plans while a pack removes what it reads is planned again, not for ever. */
class SerialChecksTest {
  private final ServiceFixture fixture = new ServiceFixture();
  private final Deque<PackState> packs = new ArrayDeque<>();
  private int broken; // so many reads meet what a pack has left
  private int reads;

  private final ForwardingStore reader =
      new ForwardingStore(fixture.store) {
        @Override
        public @Nullable StoredRevision unreadBefore(StorageId storage, Oid oid, Tid before) {
          reads++;
          if (broken-- > 0) {
            throw new InvariantViolation("a revision is gone");
          }
          return super.unreadBefore(storage, oid, before);
        }

        @Override
        public @Nullable PackState pack(StorageId storage) {
          return packs.size() > 1 ? packs.removeFirst() : packs.peek();
        }
      };

  private final TransactionRequest request =
      fixture.writing(ServiceFixture.write(1, Tid.NONE, "data"));

  @AfterEach
  void close() {
    fixture.close();
  }

  private PackState packedUpTo(long horizon) {
    return PackState.begun(fixture.storage, new Tid(horizon), new Tid(horizon), false);
  }

  @Test
  void packGoesOn_isPlannedAgainAfterEachStep() {
    packs.addAll(List.of(packedUpTo(1), packedUpTo(2), packedUpTo(3)));
    broken = 3;

    assertThat(SerialChecks.presentOutcome(reader, request)).isNull();
    assertThat(reads).isGreaterThan(3);
  }

  @Test
  void packEndedMeanwhile_isPlannedAgain() {
    broken = 1;

    assertThat(SerialChecks.presentOutcome(reader, request)).isNull();
    assertThat(reads).isGreaterThan(1);
  }

  @Test
  void packStandsStill_failsAfterOneMoreAttempt() {
    packs.add(packedUpTo(1));
    broken = Integer.MAX_VALUE;

    assertThatThrownBy(() -> SerialChecks.presentOutcome(reader, request))
        .isInstanceOf(InvariantViolation.class);
    assertThat(reads).isEqualTo(2);
  }

  @Test
  void noPack_failsAfterOneMoreAttempt() {
    broken = Integer.MAX_VALUE;

    assertThatThrownBy(() -> SerialChecks.presentOutcome(reader, request))
        .isInstanceOf(InvariantViolation.class);
    assertThat(reads).isEqualTo(2);
  }

  @Test
  void packNeverStandsStill_failsAfterAllAttempts() {
    for (int step = 1; step <= 100; step++) {
      packs.add(packedUpTo(step));
    }
    broken = Integer.MAX_VALUE;

    assertThatThrownBy(() -> SerialChecks.presentOutcome(reader, request))
        .isInstanceOf(InvariantViolation.class);
    assertThat(reads).isEqualTo(16);
  }
}
