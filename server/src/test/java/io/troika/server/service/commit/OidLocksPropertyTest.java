package io.troika.server.service.commit;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.commit.OidLocks.Ticket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

final class OidLocksPropertyTest {
  private static final StorageId STORAGE = new StorageId(1);

  /**
   * Against the plain rule: a ticket is granted when, on each of its oids, all that arrived before
   * it and are still there are shared like itself (or there are none).
   */
  @Property(tries = 300)
  void requestsAndReleases_anyOrder_grantByTheRule(
      @ForAll @Size(max = 60) List<@IntRange(max = 999) Integer> steps) {
    OidLocks subject = new OidLocks(1_000);
    List<Ticket> present = new ArrayList<>();
    Map<Ticket, Map<Long, Boolean>> wants = new HashMap<>();
    for (int step : steps) {
      if (step % 3 == 0 && !present.isEmpty()) {
        Ticket leaving = present.remove(step / 3 % present.size());
        if (step % 2 == 0 || subject.giveUp(leaving) == null) {
          subject.release(leaving);
        }
      } else {
        Map<Long, Boolean> wanted = wants(step);
        Ticket ticket =
            subject.request(
                new TransactionId(new UUID(0, 0), step),
                STORAGE,
                oids(wanted, false),
                oids(wanted, true));
        present.add(ticket);
        wants.put(ticket, wanted);
      }
      for (int i = 0; i < present.size(); i++) {
        assertThat(present.get(i).granted().isDone())
            .as("ticket %s of %s", i, present.size())
            .isEqualTo(isDue(present.subList(0, i), wants, present.get(i)));
      }
    }
    present.forEach(subject::release);
    assertThat(subject.lineCount()).isZero();
    assertThat(subject.waiterCount()).isZero();
  }

  /** Up to three of six oids, each shared or not. */
  private static Map<Long, Boolean> wants(int step) {
    Random random = new Random(step);
    Map<Long, Boolean> wanted = new HashMap<>();
    for (int i = 0; i <= random.nextInt(3); i++) {
      wanted.put((long) random.nextInt(6), random.nextBoolean());
    }
    return wanted;
  }

  private static List<Oid> oids(Map<Long, Boolean> wanted, boolean shared) {
    return wanted.entrySet().stream()
        .filter(entry -> entry.getValue() == shared)
        .map(entry -> new Oid(entry.getKey()))
        .toList();
  }

  private static boolean isDue(
      List<Ticket> before, Map<Ticket, Map<Long, Boolean>> wants, Ticket ticket) {
    for (Map.Entry<Long, Boolean> want : wants.getOrDefault(ticket, Map.of()).entrySet()) {
      for (Ticket earlier : before) {
        Boolean shared = wants.getOrDefault(earlier, Map.of()).get(want.getKey());
        if (shared != null && !(shared && want.getValue())) {
          return false;
        }
      }
    }
    return true;
  }
}
