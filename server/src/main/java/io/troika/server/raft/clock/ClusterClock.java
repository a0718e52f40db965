package io.troika.server.raft.clock;

import static java.util.stream.Collectors.toCollection;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/**
 * What time it is, for all that others have to live with: tids, the time of log entries, expiries.
 * That is this node's clock as long as it is within {@link #TRUSTED} of the median of all nodes'
 * clocks, and the median when it is not.
 *
 * <p>Each clock is kept as its distance from this process's monotonic one, which nobody sets. So a
 * clock that is set, here or there, is found out against what was heard before, at once and not
 * with the next answer; and what a node that is away said last still holds, but for the drift.
 *
 * <p>Safe for any thread.
 */
public final class ClusterClock implements InstantSource {
  /**
   * How far the own clock may be from the median. More than clocks that NTP keeps ever are, a leap
   * second that not all smear included, and than the half of a slow answer's way there and back.
   */
  public static final Duration TRUSTED = Duration.ofSeconds(2);

  /** How long what a node said last is believed: quartz drifts by less than half a second then. */
  static final Duration KEPT = Duration.ofHours(1);

  private static final long NANOS_PER_MICRO = 1_000;

  private final InstantSource own;
  private final LongSupplier nanoTime;
  private final Map<String, Heard> heard = new HashMap<>(); // guarded by this
  private volatile Present present = new Present(MiddleClock.OWN, false);

  /**
   * What another node said.
   *
   * @param tells whether it said what its clock shows; one of an older version does not
   * @param offsetMicros its clock minus this process's monotonic one
   */
  private record Heard(boolean tells, long offsetMicros, long atNanos) {}

  /**
   * What is made of all that was heard.
   *
   * @param isMajority whether more than half of the members were heard, this node included
   */
  private record Present(MiddleClock middle, boolean isMajority) {}

  /**
   * Has heard nobody.
   *
   * @param nanoTime monotonic, in nanoseconds
   */
  public ClusterClock(InstantSource own, LongSupplier nanoTime) {
    this.own = own;
    this.nanoTime = nanoTime;
  }

  /** This node's clock, right or wrong: what it tells the others. */
  public InstantSource own() {
    return own;
  }

  @Override
  public Instant instant() {
    Instant now = own.instant();
    long ahead = aheadMicros(now);
    return isTrusted(ahead) ? now : now.minus(ahead, ChronoUnit.MICROS);
  }

  /** How far the own clock is before the median of all; negative: behind it. */
  public Duration ahead() {
    return Duration.of(aheadMicros(own.instant()), ChronoUnit.MICROS);
  }

  /** Whether the own clock is believed. */
  public boolean isTrusted() {
    return isTrusted(aheadMicros(own.instant()));
  }

  private static boolean isTrusted(long aheadMicros) {
    return Math.abs(aheadMicros) <= TRUSTED.toNanos() / NANOS_PER_MICRO;
  }

  private long aheadMicros(Instant now) {
    long offset = micros(now) - monotonicMicros(nanoTime.getAsLong());
    return offset - present.middle().of(offset);
  }

  private static long micros(Instant time) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, time);
  }

  private static long monotonicMicros(long nanos) {
    return Math.floorDiv(nanos, NANOS_PER_MICRO);
  }

  /** Whose clocks count beside the own. */
  public synchronized Set<String> known() {
    return heard.entrySet().stream()
        .filter(each -> each.getValue().tells())
        .map(Map.Entry::getKey)
        .collect(toCollection(TreeSet::new));
  }

  /** Whether it is known what more than half of the members say, or that they can't say it. */
  boolean knowsMajority() {
    return present.isMajority();
  }

  /**
   * Another node has told its clock.
   *
   * @param clockMillis since 1970; 0: it is of a version that does not tell
   * @param askedNanos when it was asked
   * @param answeredNanos when the answer was here
   */
  synchronized void heard(String node, long clockMillis, long askedNanos, long answeredNanos) {
    long said = askedNanos + (answeredNanos - askedNanos) / 2;
    long offset = clockMillis * 1_000 - monotonicMicros(said);
    heard.put(node, new Heard(clockMillis > 0, offset, answeredNanos));
  }

  /** Forgets who is no member, or was not heard for long, and looks anew at what is left. */
  synchronized void settle(Collection<String> others) {
    long now = nanoTime.getAsLong();
    heard.keySet().retainAll(others);
    heard.values().removeIf(each -> now - each.atNanos() > KEPT.toNanos());
    MiddleClock middle =
        MiddleClock.beside(
            heard.values().stream().filter(Heard::tells).map(Heard::offsetMicros).toList());
    present = new Present(middle, 2 * (heard.size() + 1) > others.size() + 1);
  }
}
