package io.troika.server.core.command;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import java.util.List;

/** What a pack of a storage asks of the core, from its start to its last step. */
public sealed interface PackWork extends Command {

  /**
   * Begin to pack a storage: from now on nobody may ask for what only a state before {@code
   * horizon} shows. What is no longer needed goes by the commands that follow. Nothing happens when
   * a pack is running, or when the storage was packed like this or later already.
   *
   * @param horizon lowered to the last tid if it is later; with {@link Tid#NONE} a storage that was
   *     never packed rejects it
   */
  record StartPack(StorageId storage, Tid horizon, boolean collectGarbage) implements PackWork {}

  /**
   * One bounded step of the pack to {@code horizon}; nothing if there is none.
   *
   * @param rowsMax 1 to {@link #ROWS_MAX}: how many revisions, or oids of transactions, it looks at
   * @param bytesMax it looks at no more once the data of those before has as many bytes
   */
  record PackStep(StorageId storage, Tid horizon, int rowsMax, long bytesMax) implements PackWork {
    public static final int ROWS_MAX = 100_000;

    public PackStep {
      requireArgument(
          rowsMax >= 1 && rowsMax <= ROWS_MAX,
          "rows of a pack step: expected 1 to %s, found %s",
          ROWS_MAX,
          rowsMax);
      requireArgument(bytesMax >= 1, "bytes of a pack step: expected 1 or more");
    }
  }

  /**
   * Remove objects that cannot be reached, during the pack to {@code horizon}. An object that has
   * changed since it was found is left alone; if a transaction after {@code asOf} refers to one of
   * them, all are.
   *
   * @param asOf the last transaction whose references whoever found them has followed
   * @param objects with the serials that were seen
   */
  record RemoveGarbage(StorageId storage, Tid horizon, Tid asOf, List<Garbage> objects)
      implements PackWork {
    public RemoveGarbage {
      objects = List.copyOf(objects);
    }
  }

  /** An object that cannot be reached. */
  record Garbage(Oid oid, Tid serial) {}

  /**
   * No more garbage is to come for the pack to {@code horizon}.
   *
   * @param problem empty if all was found; else why that was given up, at most {@link
   *     PackState#PROBLEM_LENGTH_MAX} characters
   */
  record EndGarbage(StorageId storage, Tid horizon, String problem) implements PackWork {
    public EndGarbage {
      requireArgument(
          problem.length() <= PackState.PROBLEM_LENGTH_MAX,
          "a problem of %s characters: expected at most %s",
          problem.length(),
          PackState.PROBLEM_LENGTH_MAX);
    }
  }
}
