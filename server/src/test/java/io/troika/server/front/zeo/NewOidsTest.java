package io.troika.server.front.zeo;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.session.FrontContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code new_oids} (zeo-protocol.md §6.2), given from what the node has reserved. */
class NewOidsTest {
  private static final int CALLS = 200;

  private SessionFixture fixture;
  private FakeClient client;

  @BeforeEach
  void start() {
    fixture = new SessionFixture();
    client = fixture.client();
  }

  @AfterEach
  void stop() {
    client.close();
    fixture.close();
  }

  private List<Bytes> newOids(FakeClient from) {
    List<Bytes> oids = new ArrayList<>();
    for (Object oid : FakeClient.list(from.ask("new_oids"))) {
      oids.add((Bytes) oid);
    }
    return oids;
  }

  @Test
  void newOids_twentyThousand_areFewEntriesInTheLog() {
    long before = fixture.node.log.submittedCount();
    Set<Bytes> all = new HashSet<>();
    int count = 0;
    try (FakeClient other = fixture.client()) {
      for (int i = 0; i < CALLS; i++) {
        List<Bytes> oids = newOids(i % 2 == 0 ? client : other);
        assertThat(oids).hasSizeBetween(1, 100);
        count += oids.size();
        all.addAll(oids);
      }
    }

    assertThat(all).as("no oid twice").hasSize(count);
    assertThat(count).isGreaterThan(CALLS * 95);
    assertThat(fixture.node.log.submittedCount() - before).isBetween(4L, 6L);
  }

  @Test
  void newOids_noLeader_areGivenFromTheReserve() {
    List<Bytes> before = newOids(client);
    fixture.node.log.loseLeader(2);
    assertThat(newOids(client)).hasSize(100).doesNotContainAnyElementsOf(before);
  }

  @Test
  void newOids_anotherLeaderAllocatedMeanwhile_areStillNobodyElses() {
    List<Bytes> ours = newOids(client);
    fixture.node.log.follow(2);
    fixture.node.timer.advance(Duration.ofSeconds(1));
    fixture.node.log.lead(3);
    FrontContext second = fixture.otherFront();
    try (FakeClient there = FakeClient.registered(second)) {
      List<Bytes> theirs = newOids(there);
      assertThat(newOids(client))
          .doesNotContainAnyElementsOf(theirs)
          .doesNotContainAnyElementsOf(ours);
      assertThat(theirs).doesNotContainAnyElementsOf(ours);
    }
  }

  @Test
  void newOids_oidsOfTheReserveWereStoredByACopy_areOthers() {
    List<Bytes> before = newOids(client);
    long next = before.get(before.size() - 1).asByteBuffer().getLong() + 1;
    client.commit(next + 50, Tid.NONE, "an object of another database");

    assertThat(newOids(client))
        .hasSize(100)
        .allSatisfy(oid -> assertThat(oid.asByteBuffer().getLong()).isGreaterThan(next + 50));
  }
}
