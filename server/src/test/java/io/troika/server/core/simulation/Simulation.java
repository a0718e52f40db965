package io.troika.server.core.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Several replicas apply one log, each at its own pace, and are interrupted at random: crashes that
 * lose what was not flushed, wiped disks, installs of another's state. After every entry each must
 * equal the replica that never failed. A run is a function of its seed.
 */
final class Simulation {
  private static final int REPLICAS = 3;
  private static final int LOG_SIZE = 40;
  private static final int STEPS_MAX = 1_000;

  private final Random random;
  private final SimulatedLog log;
  private final List<Replica> replicas = new ArrayList<>();

  private Simulation(long seed, Replica.Build build) {
    this.random = new Random(seed);
    this.log = SimulatedLog.random(random, LOG_SIZE);
    for (int number = 0; number < REPLICAS; number++) {
      replicas.add(new Replica(number, build));
    }
  }

  /**
   * Runs one simulation.
   *
   * @throws AssertionError naming the seed, if a replica differs or breaks
   */
  static void run(long seed, Replica.Build build) {
    try {
      new Simulation(seed, build).run();
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(
          "seed " + seed + " (-Dtroika.simulation.seed=" + seed + "): " + e.getMessage(), e);
    }
  }

  private void run() {
    for (int step = 0; step < STEPS_MAX && !allAtTheEnd(); step++) {
      Replica replica = replicas.get(random.nextInt(REPLICAS));
      switch (random.nextInt(16)) {
        case 0 -> replica.crash();
        case 1 -> replica.installFrom(replicas.get(random.nextInt(REPLICAS)));
        case 2, 3, 4 -> replica.flush();
        case 5 -> wipeSometimes(replica);
        default -> apply(replica, 1 + random.nextInt(8));
      }
    }
    for (Replica replica : replicas) {
      apply(replica, log.size());
      List<String> findings = replica.verify();
      if (!findings.isEmpty()) {
        throw new AssertionError(findings.toString());
      }
    }
  }

  private void wipeSometimes(Replica replica) {
    if (random.nextInt(4) == 0) {
      replica.wipe();
    }
  }

  private void apply(Replica replica, int count) {
    for (int i = 0; i < count && replica.nextIndex() < log.size(); i++) {
      replica.apply(log.at(replica.nextIndex()));
    }
  }

  private boolean allAtTheEnd() {
    for (Replica replica : replicas) {
      if (replica.nextIndex() < log.size()) {
        return false;
      }
    }
    return true;
  }
}
