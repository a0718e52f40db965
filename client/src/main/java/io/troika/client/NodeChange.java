package io.troika.client;

/**
 * A change of who belongs to the cluster, as far as it is.
 *
 * @param joining id of the node that comes, empty if none does
 * @param leaving id of the node that goes, empty if none does
 * @param lagEntries what the one that comes has not applied yet; -1: not known
 * @param problem why it failed, and what to do; empty if it did not
 */
public record NodeChange(
    String joining, String leaving, Phase phase, long lagEntries, String problem) {

  /** The phases in their order. */
  public enum Phase {
    /** The one that comes takes over state and log, and has no say yet. */
    CATCHING_UP,
    /** Old and new members agree. */
    AGREEING,
    DONE,
    /** The members are as they were, or the problem says what else. */
    FAILED,
    /** One that this client does not know. */
    UNKNOWN
  }

  public boolean isRunning() {
    return phase != Phase.DONE && phase != Phase.FAILED;
  }
}
