package io.troika.server.core.model;

import static io.troika.server.core.model.Checks.requireArgument;

/**
 * The newest pack of a storage: how far it is, or, once done, what it did.
 *
 * @param asked the horizon that was asked for: the same again is the same pack
 * @param horizon {@code asked}, or the last tid if that was earlier: what nobody needs to see a
 *     state at or after this tid may go
 * @param collectGarbage whether objects that cannot be reached go too; false once that was given up
 * @param phase what is being done
 * @param oid where the next step begins, see {@link Phase}
 * @param tid likewise
 * @param problem why the collection of garbage was given up; else empty
 */
public record PackState(
    StorageId storage,
    Tid asked,
    Tid horizon,
    boolean collectGarbage,
    Phase phase,
    Oid oid,
    Tid tid,
    Removed removed,
    String problem) {
  public static final int PROBLEM_LENGTH_MAX = 500;

  /** The phases in their order. */
  public enum Phase {
    /**
     * Old revisions go, in the order of oids, the newest of an object first: next are those of
     * {@code oid} before {@code tid}, then those of greater oids.
     */
    REVISIONS,
    /** Objects that cannot be reached go, as the leader finds them. */
    GARBAGE,
    /**
     * Transaction records lose what they no longer have, in tid order: next is that of {@code tid},
     * from {@code oid} in its list.
     */
    TRANSACTIONS,
    DONE
  }

  /** What is gone so far. */
  public record Removed(long revisions, long objects, long transactions, long bytes) {
    public static final Removed NOTHING = new Removed(0, 0, 0, 0);

    public Removed plus(Removed more) {
      return new Removed(
          revisions + more.revisions,
          objects + more.objects,
          transactions + more.transactions,
          bytes + more.bytes);
    }
  }

  public PackState {
    requireArgument(!horizon.isNone(), "%s: a pack needs a horizon", storage);
    requireArgument(
        problem.length() <= PROBLEM_LENGTH_MAX,
        "%s: a pack's problem of %s characters",
        storage,
        problem.length());
  }

  /** A pack that has removed nothing yet. */
  public static PackState begun(StorageId storage, Tid asked, Tid horizon, boolean collectGarbage) {
    return new PackState(
        storage,
        asked,
        horizon,
        collectGarbage,
        Phase.REVISIONS,
        Oid.ROOT,
        Tid.MAX,
        Removed.NOTHING,
        "");
  }

  public boolean isRunning() {
    return phase != Phase.DONE;
  }

  /**
   * How much of its present phase is done, 0 to 1; known of REVISIONS only. Oids are passed in
   * their order, so the next one that is free says how many there are.
   */
  public double progress(Oid nextOid) {
    return phase == Phase.REVISIONS && nextOid.value() != 0
        ? Math.min(1, unsigned(oid) / unsigned(nextOid))
        : 0;
  }

  private static double unsigned(Oid oid) {
    return (oid.value() >>> 1) * 2.0 + (oid.value() & 1);
  }

  /** The same pack, further on in its phase. */
  public PackState at(Oid nextOid, Tid nextTid, Removed more) {
    return new PackState(
        storage,
        asked,
        horizon,
        collectGarbage,
        phase,
        nextOid,
        nextTid,
        removed.plus(more),
        problem);
  }

  /** The same pack at the beginning of a phase. */
  public PackState in(Phase next) {
    Tid start = next == Phase.REVISIONS ? Tid.MAX : Tid.NONE;
    return new PackState(
        storage, asked, horizon, collectGarbage, next, Oid.ROOT, start, removed, problem);
  }

  /** The same pack, which collects no garbage after all. */
  public PackState withoutGarbage(String why) {
    return new PackState(storage, asked, horizon, false, phase, oid, tid, removed, why);
  }
}
