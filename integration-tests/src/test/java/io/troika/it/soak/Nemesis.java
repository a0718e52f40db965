package io.troika.it.soak;

import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.ProcessCluster;
import io.troika.it.soak.Fault.Kind;
import io.troika.it.soak.Fault.Whose;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Does what an episode says, at the times it says, as far as it takes no longer. */
final class Nemesis implements AutoCloseable {
  private static final Duration LOOK_TIMEOUT = Duration.ofSeconds(1);

  private final List<NodeProcess> nodes;
  private final TroikaClient eye;
  private final BadNodes badNodes;
  private final BadNetwork badNetwork;
  private final Operations operations;
  private final Map<Fault, List<NodeProcess>> met = new HashMap<>();

  Nemesis(ProcessCluster cluster, BadNodes badNodes, BadNetwork badNetwork, Operations operations) {
    this.nodes = cluster.nodes();
    this.badNodes = badNodes;
    this.badNetwork = badNetwork;
    this.operations = operations;
    this.eye =
        TroikaClient.builder().endpoints(cluster.endpoints()).callTimeout(LOOK_TIMEOUT).build();
  }

  /** A fault begins or ends. */
  private record Moment(long millis, Fault fault, boolean begins) {}

  /** Returns when the last fault was ended as planned; what did not end so is still there. */
  void carryOut(Episode episode) throws IOException, InterruptedException {
    met.clear();
    List<Moment> moments = new ArrayList<>();
    for (Fault fault : episode.faults()) {
      moments.add(new Moment(fault.beginsMillis(), fault, true));
      moments.add(new Moment(fault.endsMillis(), fault, false));
    }
    moments.sort(Comparator.comparingLong(Moment::millis));
    long start = System.nanoTime();
    for (Moment moment : moments) {
      long wait = moment.millis() - millisSince(start);
      TimeUnit.MILLISECONDS.sleep(wait); // faults themselves take this long
      badNodes.assertRunning();
      if (moment.begins()) {
        begin(moment.fault(), start);
      } else {
        end(moment.fault());
      }
    }
  }

  private static long millisSince(long nanos) {
    return Duration.ofNanos(System.nanoTime() - nanos).toMillis();
  }

  private void begin(Fault fault, long start) throws IOException, InterruptedException {
    List<NodeProcess> order = order(fault.whose(), fault.strength());
    int count =
        fault.kind() == Kind.KILL_ALL ? nodes.size() : fault.kind() == Kind.KILL_TWO ? 2 : 1;
    List<NodeProcess> of = order.subList(0, count);
    met.put(fault, of);
    System.out.printf(
        Locale.ROOT,
        "  %.1f s: %s of %s%n",
        millisSince(start) / 1e3,
        fault.kind(),
        of.stream().map(NodeProcess::id).toList());
    for (NodeProcess node : of) {
      begin(fault, node, order);
    }
  }

  private void begin(Fault fault, NodeProcess node, List<NodeProcess> order)
      throws IOException, InterruptedException {
    switch (fault.kind()) {
      case KILL, KILL_TWO, KILL_ALL -> badNodes.kill(node);
      case TERMINATE -> badNodes.terminate(node);
      case PAUSE -> badNodes.pause(node);
      case SLOW_DISK -> badNodes.slowDisk(node, fault.strength());
      case BROKEN_LOG -> badNodes.breakDisk(node, "/current/");
      case BROKEN_STATE -> badNodes.breakDisk(node, "/db/");
      case WRONG_CLOCK -> badNodes.setClock(node, fault.strength());
      case CUT_OFF, CUT_ONE, DEAF, MUTE, CUT_CLIENTS, SLOW_LINK, LOSSY_LINK ->
          badNetwork.begin(
              fault,
              node.id(),
              order.stream().filter(each -> each != node).map(NodeProcess::id).toList());
      case HAND_OVER, PACK, BACKUP, MEMBER ->
          operations.begin(fault, order.get(fault.whose() == Whose.LEADER ? 1 : 0).id());
    }
  }

  private void end(Fault fault) throws IOException, InterruptedException {
    for (NodeProcess node : met.getOrDefault(fault, List.of())) {
      switch (fault.kind()) {
        case KILL, KILL_TWO, KILL_ALL, TERMINATE -> badNodes.start(node);
        case PAUSE -> badNodes.resume(node);
        case SLOW_DISK -> badNodes.mendSlowDisk(node);
        case BROKEN_LOG, BROKEN_STATE -> badNodes.mendBrokenDisk(node);
        case WRONG_CLOCK -> badNodes.mendClock(node);
        case CUT_OFF, CUT_ONE, DEAF, MUTE, CUT_CLIENTS, SLOW_LINK, LOSSY_LINK ->
            badNetwork.end(fault);
        case HAND_OVER, PACK, BACKUP, MEMBER -> {
          // take as long as they take
        }
      }
    }
  }

  /** All nodes, the one that is meant first; who leads is what most say who answer at once. */
  private List<NodeProcess> order(Whose whose, int strength) {
    List<NodeProcess> order = new ArrayList<>(nodes);
    String leader = leader();
    int first = strength % order.size();
    for (int i = 0; i < order.size(); i++) {
      first = order.get(i).id().equals(leader) ? i : first;
    }
    NodeProcess leading = order.remove(first);
    switch (whose) {
      case LEADER -> order.add(0, leading);
      case FOLLOWER -> order.add(leading);
      case OTHER_FOLLOWER -> {
        order.add(0, order.remove(1));
        order.add(leading);
      }
    }
    return order;
  }

  private String leader() {
    try {
      return eye.admin().status().leader().nodeId();
    } catch (TroikaException e) {
      return ""; // nobody answers
    }
  }

  /** Ends all that is left, and waits for what operators do. */
  void heal() throws Exception {
    badNetwork.heal();
    badNodes.heal();
    operations.finish();
    badNodes.assertRunning();
  }

  @Override
  public void close() {
    eye.close();
  }
}
