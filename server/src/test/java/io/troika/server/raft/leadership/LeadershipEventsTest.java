package io.troika.server.raft.leadership;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.service.ports.Leadership;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeadershipEventsTest {
  private Leadership present = new Leadership(1, "n1", "n1:1", true);
  private final LeadershipEvents events = new LeadershipEvents(() -> present, Runnable::run);
  private final List<Leadership> heard = new ArrayList<>();

  @Test
  void refresh_toldOnceOfEachChange() {
    events.add(heard::add);
    events.refresh();
    events.refresh();
    Leadership first = present;
    present = new Leadership(2, "n2", "n2:1", false);
    events.refresh();

    assertThat(heard).containsExactly(first, present);
  }

  @Test
  void refresh_aListenerFails_theOthersHearAllTheSame() {
    events.add(
        now -> {
          throw new IllegalStateException("it can't take that");
        });
    events.add(heard::add);
    events.refresh();

    assertThat(heard).containsExactly(present);
  }
}
