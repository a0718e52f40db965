package io.troika.it.history;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Holds what clients saw of transactions over several storages against the storages' logs: each is
 * in all of its storages at one tid or in none, as its client was told, and whoever sees one in a
 * storage sees it in every other one that is looked at later. Every check is exact.
 *
 * <p>Each transaction writes the marker of each of its storages: one object that nobody else
 * writes.
 */
public final class JointChecker {
  private final Map<String, Map<String, Long>> tidsById = new HashMap<>();
  private final Map<String, NavigableSet<Long>> tidsByStorage = new TreeMap<>();
  private final List<String> violations = new ArrayList<>();

  /**
   * One transaction, as its client saw it.
   *
   * @param tid at which it was acknowledged; {@link #REFUSED}: certainly not committed; {@link
   *     #UNKNOWN}: the client was not told
   */
  public record JointAttempt(String id, List<String> storages, long tid) {
    public static final long REFUSED = 0;
    public static final long UNKNOWN = -1;
  }

  /**
   * What a reader saw of the marker of a storage, in a view that was opened for it.
   *
   * @param tid of the view
   * @param serial of the marker in it; 0: there was none
   */
  public record Look(String storage, long tid, long serial) {}

  private JointChecker() {}

  /**
   * Checks everything.
   *
   * @param logs by storage, only the transactions over several, each with the id of its attempt
   * @param looks of each reader: what it saw, one after the other
   * @return what is broken, empty if nothing is
   */
  public static List<String> check(
      List<JointAttempt> attempts,
      Map<String, List<LoggedTransaction>> logs,
      List<List<Look>> looks) {
    JointChecker checker = new JointChecker();
    logs.forEach(checker::read);
    attempts.forEach(checker::checkAttempt);
    looks.forEach(checker::checkLooks);
    return List.copyOf(checker.violations);
  }

  private void read(String storage, List<LoggedTransaction> log) {
    for (LoggedTransaction each : log) {
      tidsByStorage.computeIfAbsent(storage, name -> new TreeSet<>()).add(each.tid());
      Long twice =
          tidsById.computeIfAbsent(each.id(), id -> new TreeMap<>()).put(storage, each.tid());
      if (twice != null) {
        violations.add(
            "%s is in %s at %x and at %x".formatted(each.id(), storage, twice, each.tid()));
      }
    }
  }

  private void checkAttempt(JointAttempt attempt) {
    Map<String, Long> logged = tidsById.getOrDefault(attempt.id(), Map.of());
    boolean everywhere =
        logged.keySet().equals(new TreeSet<>(attempt.storages()))
            && new TreeSet<>(logged.values()).size() == 1;
    if (!logged.isEmpty() && !everywhere) {
      violations.add("%s over %s is at %s".formatted(attempt.id(), attempt.storages(), logged));
    }
    if (attempt.tid() > 0 && !logged.containsValue(attempt.tid())) {
      violations.add(
          "%s was acknowledged at %x and is at %s".formatted(attempt.id(), attempt.tid(), logged));
    }
    if (attempt.tid() == JointAttempt.REFUSED && !logged.isEmpty()) {
      violations.add("%s was refused and is at %s".formatted(attempt.id(), logged));
    }
  }

  private void checkLooks(List<Look> reader) {
    @Nullable Look newest = null;
    for (Look look : reader) {
      NavigableSet<Long> tids = tidsByStorage.getOrDefault(look.storage(), new TreeSet<>());
      @Nullable Long expected = tids.floor(look.tid());
      if (look.serial() != (expected == null ? 0 : expected)) {
        violations.add("%s shows %x, its log has %s".formatted(look, look.serial(), expected));
      }
      if (newest != null && look.serial() < newest.serial()) {
        violations.add("%s came after %s".formatted(look, newest));
      }
      newest = newest == null || look.serial() > newest.serial() ? look : newest;
    }
  }
}
