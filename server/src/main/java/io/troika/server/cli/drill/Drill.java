package io.troika.server.cli.drill;

import io.troika.client.ClusterAdmin;
import io.troika.client.ClusterStatus;
import io.troika.client.GroupStatus;
import io.troika.client.LeaderInfo;
import io.troika.client.TroikaException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Hands leadership over while clients call, and measures what each of them felt. */
final class Drill {
  /** Calls of each client before the hand-over, and after it. */
  private static final int CALLS = 50;

  private final ClusterAdmin admin;
  private final String group;
  private final String target;
  private final Duration bound;
  private final Duration patience;

  /**
   * Does nothing yet.
   *
   * @param group the Raft group whose leader is to hand over
   * @param target the next leader; empty: the follower that is furthest
   * @param bound what is allowed for the gap of each client
   * @param patience how long the clients may take for their calls before and after
   */
  Drill(ClusterAdmin admin, String group, String target, Duration bound, Duration patience) {
    this.admin = admin;
    this.group = group;
    this.target = target;
    this.bound = bound;
    this.patience = patience;
  }

  /**
   * Runs once.
   *
   * @param calls one a client; each throws a TroikaException when it fails
   * @throws TroikaException if nobody could hand over
   */
  DrillResult run(List<Runnable> calls) throws InterruptedException {
    LeaderInfo before = leader();
    List<Probe> probes = new ArrayList<>();
    long began = System.nanoTime();
    long handsOver = began;
    long handedOver = began;
    LeaderInfo after;
    try {
      for (Runnable call : calls) {
        probes.add(new Probe("drill-" + (probes.size() + 1), call).start());
      }
      await(probes, began);
      handsOver = System.nanoTime();
      after = admin.transferLeadership(group, target);
      handedOver = System.nanoTime();
      await(probes, handedOver);
    } finally {
      for (Probe probe : probes) {
        probe.stop();
      }
    }
    long ended = System.nanoTime();
    List<DrillResult.Client> clients = new ArrayList<>();
    for (Probe probe : probes) {
      clients.add(client(probe, began, handsOver, ended));
    }
    Gaps together = Gaps.merged(probes.stream().map(Probe::gaps).toList());
    return new DrillResult(
        group,
        before.nodeId(),
        after.nodeId(),
        after.term(),
        Duration.ofNanos(handedOver - handsOver),
        Duration.ofNanos(together.longest(handsOver, ended)),
        bound,
        clients);
  }

  private LeaderInfo leader() {
    ClusterStatus status = admin.status();
    return status.groups().stream()
        .filter(each -> each.name().equals(group))
        .map(GroupStatus::leader)
        .findFirst()
        .orElse(status.leader());
  }

  /** Those that are not answered in time have the gap that says so. */
  private void await(List<Probe> probes, long afterNanos) throws InterruptedException {
    long until = System.nanoTime() + patience.toNanos();
    for (Probe probe : probes) {
      var unused = probe.awaitAnswers(CALLS, afterNanos, until);
    }
  }

  private static DrillResult.Client client(Probe probe, long began, long handsOver, long ended) {
    TroikaException failure = probe.failure();
    Gaps gaps = probe.gaps();
    return new DrillResult.Client(
        gaps.count(),
        probe.failed(),
        failure == null ? "" : String.valueOf(failure.getMessage()),
        Duration.ofNanos(gaps.longest(handsOver, ended)),
        Duration.ofNanos(gaps.longest(began, handsOver)));
  }
}
