package io.troika.it.faults;

import static io.troika.it.network.Links.CLIENTS;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.LeaderInfo;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.network.Links;
import io.troika.it.network.OwnNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What {@link PartitionIT} runs in a network of its own. */
public final class Partitions {
  private static final int COMMITS_AFTER = 50;

  /** Longer than an election takes, and than a connection is believed in without an answer. */
  private static final long CUT_SECONDS = 3;

  private static final long FLAP_MILLIS = 300;
  private static final int FLAPS = 5;
  private static final int TRIES_MAX = 4;

  private final Links links;
  private final FaultRun run;

  private Partitions(Links links, FaultRun run) {
    this.links = links;
    this.run = run;
  }

  /** What is done to the links of a leader and two followers. */
  private interface Cut {
    void of(String leader, String one, String other) throws IOException, InterruptedException;
  }

  /**
   * In a process of {@link OwnNetwork}.
   *
   * @param args the directory of the nodes
   */
  public static void main(String[] args) throws Exception {
    Links links = Links.make(FaultRun.NODES);
    try (FaultRun run = FaultRun.start("cut links", Path.of(args[0]), links)) {
      Partitions partitions = new Partitions(links, run);
      int rounds = FaultRun.rounds(2);
      for (int round = 0; round < rounds; round++) {
        partitions.betweenNodes();
        partitions.betweenClientsAndNodes();
      }
      if (rounds > 1) {
        partitions.others();
      }
      run.finish();
      assertThat(run.workload.failures()).isEmpty();
    }
    System.exit(0); // whatever else still runs here
  }

  private void betweenNodes() throws Exception {
    cut(
        "leader without the others",
        (leader, one, other) -> {
          links.cutBothWays(leader, one);
          links.cutBothWays(leader, other);
        });
    cut(
        "leader that hears nobody",
        (leader, one, other) -> {
          links.cut(one, leader);
          links.cut(other, leader);
        });
    cut(
        "leader that nobody hears",
        (leader, one, other) -> {
          links.cut(leader, one);
          links.cut(leader, other);
        });
    cutAndKeepLeader(
        "follower without the leader", (leader, one, other) -> links.cutBothWays(leader, one));
    cut(
        "a link of the leader comes and goes",
        (leader, one, other) -> {
          for (int flap = 0; flap < FLAPS; flap++) {
            links.cutBothWays(leader, one);
            TimeUnit.MILLISECONDS.sleep(FLAP_MILLIS);
            links.heal();
            TimeUnit.MILLISECONDS.sleep(FLAP_MILLIS);
          }
        });
  }

  private void betweenClientsAndNodes() throws Exception {
    cutAndKeepLeader(
        "clients without the leader", (leader, one, other) -> links.cutBothWays(CLIENTS, leader));
    cutAndKeepLeader(
        "clients with one follower alone",
        (leader, one, other) -> {
          links.cutBothWays(CLIENTS, leader);
          links.cutBothWays(CLIENTS, one);
        });
  }

  /** Of which less is to be feared; not in each build. */
  private void others() throws Exception {
    cutAndKeepLeader(
        "follower that does not hear the leader", (leader, one, other) -> links.cut(leader, one));
    cutAndKeepLeader(
        "followers without each other", (leader, one, other) -> links.cutBothWays(one, other));
    cutAndKeepLeader(
        "clients that don't hear the leader", (leader, one, other) -> links.cut(leader, CLIENTS));
  }

  /** Nobody has a reason to elect another one. A busy machine may have its own, not each time. */
  private void cutAndKeepLeader(String what, Cut cut) throws Exception {
    LeaderInfo before = LeaderInfo.NONE;
    LeaderInfo after = LeaderInfo.NONE;
    for (int tries = 0; tries < TRIES_MAX && (tries == 0 || !after.equals(before)); tries++) {
      before = leader();
      cut(what, cut);
      after = leader();
    }
    assertThat(after).as(what).isEqualTo(before);
  }

  private void cut(String what, Cut cut) throws Exception {
    LeaderInfo before = leader();
    List<String> others =
        run.cluster.nodes().stream()
            .map(NodeProcess::id)
            .filter(id -> !id.equals(before.nodeId()))
            .toList();
    long fault = System.nanoTime();
    cut.of(before.nodeId(), others.get(0), others.get(1));
    TimeUnit.SECONDS.sleep(CUT_SECONDS); // the fault itself takes this long
    run.awaitProgress(System.nanoTime(), COMMITS_AFTER);
    Duration gap = run.workload.longestGap(fault, System.nanoTime());
    long healed = System.nanoTime();
    links.heal();
    run.awaitWholeAndSteady();
    LeaderInfo after = leader();
    System.out.printf(
        "%s: longest time without a commit %d ms, after it is mended %d ms; term %d, then %d%n",
        what,
        gap.toMillis(),
        run.workload.longestGap(healed, System.nanoTime()).toMillis(),
        before.term(),
        after.term());
  }

  private LeaderInfo leader() {
    run.probe.awaitWhole();
    return run.probe.client().admin().status().leader();
  }
}
