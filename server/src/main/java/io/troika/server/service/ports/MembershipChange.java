package io.troika.server.service.ports;

/**
 * A change of who belongs to the group, as far as it is.
 *
 * @param joining who comes, empty if nobody does
 * @param leaving who goes, empty if nobody does
 * @param lagEntries what the one who comes has not applied yet of what is committed; -1: not known
 * @param problem why it failed, and what to do; empty if it did not
 */
public record MembershipChange(
    String joining, String leaving, Phase phase, long lagEntries, String problem) {

  /** How far it is. */
  public enum Phase {
    /** The one who comes takes the state and the log over, and has no say yet. */
    CATCHING_UP,
    /** The old members and the new ones agree. */
    AGREEING,
    DONE,
    FAILED
  }

  public boolean isRunning() {
    return phase == Phase.CATCHING_UP || phase == Phase.AGREEING;
  }
}
