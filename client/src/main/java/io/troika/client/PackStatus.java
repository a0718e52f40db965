package io.troika.client;

/**
 * How far a pack is, or what it did.
 *
 * @param horizon of each object the newest revision up to it stayed, and all later ones
 * @param phase what is being done
 * @param collectsGarbage whether objects that cannot be reached go too; false as well once that was
 *     given up
 * @param problem why it was given up; else empty
 * @param revisionsRemoved so far, those of removed objects too
 * @param objectsRemoved so far, objects that could not be reached
 * @param transactionsRemoved so far, those that had nothing left
 * @param bytesRemoved so far, of data
 * @param phaseProgress 0 to 1 in {@link Phase#REVISIONS}, else 0
 */
public record PackStatus(
    Tid horizon,
    Phase phase,
    boolean collectsGarbage,
    String problem,
    long revisionsRemoved,
    long objectsRemoved,
    long transactionsRemoved,
    long bytesRemoved,
    double phaseProgress) {

  /** The phases in their order. */
  public enum Phase {
    /** Old revisions are removed. */
    REVISIONS,
    /** Objects that cannot be reached are found and removed. */
    GARBAGE,
    /** Transactions lose what they no longer have. */
    TRANSACTIONS,
    DONE,
    /** One that this client does not know. */
    UNKNOWN
  }

  public boolean isRunning() {
    return phase != Phase.DONE;
  }
}
