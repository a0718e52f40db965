package io.troika.it.soak;

import io.troika.it.network.Links;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Faults of links, each of which ends by itself. Not thread-safe. */
final class BadNetwork {
  private static final int SLOWEST_BYTES = 50_000;
  private static final int FASTER_BYTES = 5_000;
  private static final double LEAST_LOST = 0.05;
  private static final double MORE_LOST = 0.003;

  private final Links links;
  private final Map<Fault, Harm> lasting = new LinkedHashMap<>();

  BadNetwork(Links links) {
    this.links = links;
  }

  /** What is done to links. */
  private interface Harm {
    void act() throws IOException, InterruptedException;
  }

  /**
   * Begins a fault.
   *
   * @param node whose
   * @param others all other nodes
   */
  void begin(Fault fault, String node, List<String> others)
      throws IOException, InterruptedException {
    Harm harm = () -> harm(fault, node, others);
    harm.act();
    lasting.put(fault, harm);
  }

  private void harm(Fault fault, String node, List<String> others)
      throws IOException, InterruptedException {
    switch (fault.kind()) {
      case CUT_OFF -> {
        for (String other : others) {
          links.cutBothWays(node, other);
        }
      }
      case CUT_ONE -> links.cutBothWays(node, others.get(fault.strength() % others.size()));
      case DEAF -> {
        for (String other : others) {
          links.cut(other, node);
        }
      }
      case MUTE -> {
        for (String other : others) {
          links.cut(node, other);
        }
      }
      case CUT_CLIENTS -> links.cutBothWays(Links.CLIENTS, node);
      case SLOW_LINK -> links.slow(node, SLOWEST_BYTES + FASTER_BYTES * fault.strength());
      case LOSSY_LINK -> links.lose(node, LEAST_LOST + MORE_LOST * fault.strength());
      default -> throw new IllegalArgumentException("not a fault of links: " + fault);
    }
  }

  /** Ends a fault. For a moment all links are good, then they are as the other faults have them. */
  void end(Fault fault) throws IOException, InterruptedException {
    if (lasting.remove(fault) != null) {
      links.heal();
      for (Harm harm : lasting.values()) {
        harm.act();
      }
    }
  }

  /** Ends all. */
  void heal() throws IOException, InterruptedException {
    lasting.clear();
    links.heal();
  }
}
