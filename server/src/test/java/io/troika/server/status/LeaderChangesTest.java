package io.troika.server.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.StorageId;
import io.troika.server.service.ports.Leadership;
import io.troika.server.status.LeaderChanges.LeaderChange;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class LeaderChangesTest {
  private final AtomicLong millis = new AtomicLong(50_000);
  private final LeaderChanges changes =
      new LeaderChanges(millis::get, () -> millis.get() * 1_000_000);

  private void leads(long term, String node) {
    changes.changed(new Leadership(term, node, "", false));
  }

  private void lost(long term) {
    changes.changed(new Leadership(term, "", "", false));
  }

  private void commit() {
    changes.committed(new StorageId(1), List.of());
  }

  @Test
  void list_leaderLostAndNextElected_hasTheGap() {
    millis.addAndGet(700);
    leads(1, "n1");
    millis.addAndGet(10_000);
    lost(1);
    millis.addAndGet(250);
    leads(2, "n2");

    assertThat(changes.list())
        .containsExactly(
            new LeaderChange("g0", 60_950, 2, "n1", "n2", 250, -1),
            new LeaderChange("g0", 50_700, 1, "", "n1", 700, -1));
  }

  @Test
  void list_electedAndNotReady_isStillTheGap() {
    leads(1, "n1");
    lost(1);
    millis.addAndGet(100);
    changes.changed(new Leadership(2, "n3", "", true, false));
    assertThat(changes.list()).hasSize(1);
    millis.addAndGet(20);
    changes.changed(new Leadership(2, "n3", "", true, true));

    assertThat(changes.list().get(0).gapMillis()).isEqualTo(120);
  }

  @Test
  void list_sameLeaderToldAgain_isNoChange() {
    leads(1, "n1");
    leads(1, "n1");
    assertThat(changes.list()).hasSize(1);
  }

  @Test
  void pause_commitsBeforeAndAfter_isTheTimeBetweenThem() {
    leads(1, "n1");
    commit();
    millis.addAndGet(1_500); // nobody has noticed yet
    lost(1);
    millis.addAndGet(200);
    leads(2, "n2");
    assertThat(changes.list().get(0).pauseMillis()).isEqualTo(-1);
    millis.addAndGet(30);
    commit();
    commit();

    assertThat(changes.list().get(0).pauseMillis()).isEqualTo(1_730);
    assertThat(changes.list().get(0).gapMillis()).isEqualTo(200);
  }

  @Test
  void pause_handOverWithoutAGap_isKnownToo() {
    leads(1, "n1");
    commit();
    millis.addAndGet(80);
    leads(2, "n2");
    millis.addAndGet(5);
    commit();

    assertThat(changes.list().get(0))
        .isEqualTo(new LeaderChange("g0", 50_080, 2, "n1", "n2", 0, 85));
  }

  @Test
  void pause_nobodyWasCommitting_isNotKnown() {
    leads(1, "n1");
    commit();
    millis.addAndGet(60_000);
    lost(1);
    leads(2, "n2");
    commit();

    assertThat(changes.list().get(0).pauseMillis()).isEqualTo(-1);
  }

  @Test
  void list_many_keepsTheNewest() {
    for (int term = 1; term <= 3 * LeaderChanges.CHANGES_MAX; term++) {
      leads(term, "n" + term % 2);
    }
    assertThat(changes.list()).hasSize(LeaderChanges.CHANGES_MAX);
    assertThat(changes.list().get(0).term()).isEqualTo(3 * LeaderChanges.CHANGES_MAX);
  }
}
