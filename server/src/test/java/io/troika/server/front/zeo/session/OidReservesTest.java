package io.troika.server.front.zeo.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.leader.LeaderTransactions;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OidReservesTest {
  private final ServiceFixture node = new ServiceFixture();
  private final OidReserves reserves =
      new OidReserves(
          new LeaderTransactions(
              node.service,
              node.timer,
              Runnable::run,
              address -> {
                throw new AssertionError("nothing is at " + address);
              }));

  @AfterEach
  void stop() {
    node.close();
  }

  private static StorageState state(UUID uuid, long epoch, long transactions) {
    return state("main", uuid, epoch, transactions);
  }

  private static StorageState state(String name, UUID uuid, long epoch, long transactions) {
    return new StorageState(
        new StorageId(1), name, uuid, epoch, Tid.NONE, Oid.ROOT, Tid.NONE, 0, transactions, 0);
  }

  @Test
  void of_sameHistory_isTheSameReserve() {
    OidReserve reserve = reserves.of(state(new UUID(0, 1), 1, 0));
    assertThat(reserves.of(state(new UUID(0, 1), 1, 5))).isSameAs(reserve);
  }

  @Test
  void of_anotherName_asksByThatOne() {
    OidReserve reserve = reserves.of(state("main", new UUID(0, 1), 1, 0));
    OidReserve renamed = reserves.of(state("elsewhere", new UUID(0, 1), 1, 0));
    assertThat(renamed).isNotSameAs(reserve);
    assertThat(renamed.take(1)).as("nothing is called that here").isCompletedExceptionally();
    assertThat(reserves.of(state("main", new UUID(0, 1), 1, 0)).take(1)).isCompleted();
  }

  @Test
  void of_anotherHistory_beginsEmpty() {
    OidReserve reserve = reserves.of(state(new UUID(0, 1), 1, 0));
    OidReserve afterARestore = reserves.of(state(new UUID(0, 1), 2, 0));
    assertThat(afterARestore).isNotSameAs(reserve);
    assertThat(reserves.of(state(new UUID(0, 2), 2, 0))).isNotSameAs(afterARestore);
  }
}
