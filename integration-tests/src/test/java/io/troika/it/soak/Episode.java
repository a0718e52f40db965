package io.troika.it.soak;

import io.troika.it.soak.Fault.Kind;
import io.troika.it.soak.Fault.Whose;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/** Faults that overlap, or follow on one another's heels. */
record Episode(long seed, int number, List<Fault> faults) {
  private static final int FAULTS_MAX = 3;
  private static final long LASTS_MILLIS_MIN = 500;
  private static final long LASTS_MILLIS_MAX = 8_000;
  private static final int STRENGTHS = 100;

  /** What can happen with each other, and each by itself at any time. */
  private static final List<Kind> DISTURBANCES =
      List.of(
          Kind.KILL,
          Kind.KILL,
          Kind.KILL_TWO,
          Kind.KILL_ALL,
          Kind.TERMINATE,
          Kind.PAUSE,
          Kind.PAUSE,
          Kind.SLOW_DISK,
          Kind.BROKEN_LOG,
          Kind.BROKEN_STATE,
          Kind.WRONG_CLOCK,
          Kind.CUT_OFF,
          Kind.CUT_OFF,
          Kind.CUT_ONE,
          Kind.DEAF,
          Kind.MUTE,
          Kind.CUT_CLIENTS,
          Kind.SLOW_LINK,
          Kind.LOSSY_LINK);

  private static final List<Kind> OPERATIONS =
      List.of(Kind.HAND_OVER, Kind.HAND_OVER, Kind.PACK, Kind.BACKUP, Kind.MEMBER);

  /** The same for the same seed and number, whatever other episodes there are. */
  static Episode choose(long seed, int number) {
    Random random = new Random(seed * 1_000_003 + number);
    var unused = random.nextInt(); // the first of neighbouring seeds are alike
    Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    List<Fault> faults = new ArrayList<>();
    int count = 1 + random.nextInt(FAULTS_MAX);
    while (faults.size() < count) {
      Kind kind = pick(random, DISTURBANCES);
      if (kinds.add(kind)) {
        faults.add(fault(random, kind, faults));
      }
    }
    if (random.nextInt(2) == 0) {
      faults.add(fault(random, pick(random, OPERATIONS), faults));
    }
    return new Episode(seed, number, List.copyOf(faults));
  }

  /** Begins while an earlier one lasts, or just when it has ended. */
  private static Fault fault(Random random, Kind kind, List<Fault> earlier) {
    long begins = 0;
    if (!earlier.isEmpty()) {
      Fault other = pick(random, earlier);
      begins =
          random.nextInt(3) == 0
              ? other.endsMillis() + random.nextInt(1_500)
              : other.beginsMillis() + (long) (random.nextDouble() * other.lastsMillis());
    }
    long lasts =
        LASTS_MILLIS_MIN + (long) (random.nextDouble() * (LASTS_MILLIS_MAX - LASTS_MILLIS_MIN));
    Whose whose =
        pick(random, List.of(Whose.LEADER, Whose.LEADER, Whose.FOLLOWER, Whose.OTHER_FOLLOWER));
    return new Fault(kind, whose, random.nextInt(STRENGTHS), begins, lasts);
  }

  private static <T> T pick(Random random, List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  @Override
  public String toString() {
    return "episode %d of seed %d: %s"
        .formatted(
            number, seed, faults.stream().map(Fault::toString).collect(Collectors.joining("; ")));
  }
}
