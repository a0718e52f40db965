package io.troika.client;

import java.util.List;

/** What became of a transaction; see {@link TroikaClient#outcome}. */
public sealed interface Outcome {

  /** It is committed, durably. */
  record Committed(Tid tid) implements Outcome {}

  /** It met conflicts and is not committed. */
  record Conflicted(List<ObjectConflict> conflicts) implements Outcome {
    public Conflicted {
      conflicts = List.copyOf(conflicts);
    }
  }

  /** What it was to undo can't be undone; it is not committed. */
  record UndoBlocked(List<UndoObstacle> obstacles) implements Outcome {
    public UndoBlocked {
      obstacles = List.copyOf(obstacles);
    }
  }

  /** It was refused for the reason given and is not committed. */
  record Rejected(String message) implements Outcome {}

  /** It was given up by {@link TroikaClient#abandon} and will never commit. */
  record Abandoned() implements Outcome {}

  /**
   * No such transaction arrived, or it is forgotten (outcomes are kept for 24 hours by default). A
   * copy that is still under way may yet commit; {@link TroikaClient#abandon} rules that out.
   */
  record NotSeen() implements Outcome {}
}
