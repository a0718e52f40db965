package io.troika.it.soak;

import java.util.Locale;

/**
 * One fault, as it was chosen: it begins and ends at times of its episode, in ms.
 *
 * @param whose meant by its role, looked up when the fault begins
 * @param strength 0 to 99: of what there is more or less of, such as a delay
 */
record Fault(Kind kind, Whose whose, int strength, long beginsMillis, long lastsMillis) {
  /** What is done, and undone at its end. */
  enum Kind {
    /** SIGKILL; started again at the end. */
    KILL,
    KILL_TWO,
    KILL_ALL,
    /** SIGTERM; started again at the end. */
    TERMINATE,
    /** SIGSTOP, SIGCONT. */
    PAUSE,
    /** Each fsync takes longer. */
    SLOW_DISK,
    /** An fsync of the Raft log fails: the node has to end. */
    BROKEN_LOG,
    /** The same of the state. */
    BROKEN_STATE,
    /** Set ahead, or back. */
    WRONG_CLOCK,
    /** Without both others. */
    CUT_OFF,
    /** Without one of the others. */
    CUT_ONE,
    /** Hears no other node. */
    DEAF,
    /** No other node hears it. */
    MUTE,
    /** Clients don't reach it. */
    CUT_CLIENTS,
    SLOW_LINK,
    LOSSY_LINK,
    /** Leadership is handed over, at the beginning. */
    HAND_OVER,
    /** Begun at the beginning; goes on as long as it takes. */
    PACK,
    BACKUP,
    /** A fourth node is added, and removed again. */
    MEMBER
  }

  /** A node by its role. */
  enum Whose {
    LEADER,
    FOLLOWER,
    OTHER_FOLLOWER
  }

  long endsMillis() {
    return beginsMillis + lastsMillis;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s of %s (%d), %.1f to %.1f s",
        kind,
        whose,
        strength,
        beginsMillis / 1e3,
        endsMillis() / 1e3);
  }
}
