package io.troika.server.core.digest;

import static io.troika.server.core.model.Checks.checkInvariant;

import io.troika.server.core.command.Outcome.Abandoned;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.command.Outcome.UndoConflict;
import io.troika.server.core.command.Outcome.UndoObstacle;

/** Puts outcomes into a digest; enums by name, since their order in the source may change. */
final class OutcomeDigest {
  private OutcomeDigest() {}

  static void put(DigestStream digest, TransactionOutcome outcome) {
    if (outcome instanceof Committed committed) {
      digest.put("committed").put(committed.tid().value());
    } else if (outcome instanceof Conflict conflict) {
      digest.put("conflict").put(conflict.conflicts().size());
      conflict.conflicts().forEach(each -> put(digest, each));
    } else if (outcome instanceof UndoConflict conflict) {
      digest.put("undo conflict").put(conflict.obstacles().size());
      conflict.obstacles().forEach(each -> put(digest, each));
    } else if (outcome instanceof Rejected rejected) {
      digest.put("rejected").put(rejected.reason().name()).put(rejected.message());
    } else {
      checkInvariant(outcome instanceof Abandoned, "unknown outcome %s", outcome.getClass());
      digest.put("abandoned");
    }
  }

  private static void put(DigestStream digest, ObjectConflict conflict) {
    digest.put(conflict.kind().name()).put(conflict.oid().value());
    digest.put(conflict.serialRead().value()).put(conflict.serialCurrent().value());
  }

  private static void put(DigestStream digest, UndoObstacle obstacle) {
    digest.put(obstacle.oid().value()).put(obstacle.undone().value());
    digest.put(obstacle.current().value());
  }
}
