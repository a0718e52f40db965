package io.troika.server.core.scenario;

import static java.util.Locale.ROOT;
import static java.util.stream.Collectors.joining;

import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Abandoned;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.Done;
import io.troika.server.core.command.Outcome.GarbageStale;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.OidsAllocated;
import io.troika.server.core.command.Outcome.Packing;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.StorageCreated;
import io.troika.server.core.command.Outcome.UndoConflict;
import io.troika.server.core.command.Outcome.UndoObstacle;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.Revision;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.core.mvcc.HistoryEntry;
import io.troika.server.core.mvcc.InvalidationsResult;
import io.troika.server.core.mvcc.LoadResult;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes answers as lines of a transcript. */
final class ScenarioAnswers {
  private ScenarioAnswers() {}

  static String of(@Nullable Outcome outcome) {
    if (outcome == null) {
      return "no outcome";
    }
    if (outcome instanceof Committed committed) {
      return "committed " + committed.tid();
    }
    if (outcome instanceof Conflict conflict) {
      return lines("conflict", conflict.conflicts().stream().map(ScenarioAnswers::of).toList());
    }
    if (outcome instanceof UndoConflict conflict) {
      return lines(
          "undo conflict", conflict.obstacles().stream().map(ScenarioAnswers::of).toList());
    }
    if (outcome instanceof Rejected rejected) {
      return "rejected " + rejected.reason() + ": " + rejected.message();
    }
    if (outcome instanceof OidsAllocated block) {
      return "oids from " + block.first() + ": " + block.count();
    }
    if (outcome instanceof StorageCreated storage) {
      return (storage.created() ? "created " : "exists ") + storage.storage().id();
    }
    if (outcome instanceof Abandoned) {
      return "abandoned";
    }
    if (outcome instanceof Packing packing) {
      return of(packing.state());
    }
    if (outcome instanceof GarbageStale stale) {
      return "stale: look at what came up to " + stale.lastTid();
    }
    if (outcome instanceof Done) {
      return "done";
    }
    throw new IllegalArgumentException("unknown outcome " + outcome);
  }

  private static String of(PackState state) {
    PackState.Removed removed = state.removed();
    return String.format(
        ROOT,
        "pack up to %s: %s%s, removed %s revisions, %s objects, %s transactions, %s bytes",
        state.horizon(),
        state.phase(),
        state.problem().isEmpty() ? "" : " (" + state.problem() + ")",
        removed.revisions(),
        removed.objects(),
        removed.transactions(),
        removed.bytes());
  }

  private static String of(ObjectConflict conflict) {
    return String.format(
        ROOT,
        "%s%s %s: started from %s, current is %s",
        in(conflict.storage()),
        conflict.kind().name().toLowerCase(ROOT),
        conflict.oid(),
        conflict.serialRead(),
        conflict.serialCurrent());
  }

  private static String of(UndoObstacle obstacle) {
    return String.format(
        ROOT,
        "%s%s: undoing %s, changed by %s",
        in(obstacle.storage()),
        obstacle.oid(),
        obstacle.undone(),
        obstacle.current());
  }

  private static String in(@Nullable StorageId storage) {
    return storage == null ? "" : storage + ", ";
  }

  static String of(LoadResult result) {
    if (result instanceof LoadResult.Missing missing) {
      return missing.oid() + " " + missing.why();
    }
    Revision revision = ((LoadResult.Found) result).revision();
    String until = revision.nextTid() == null ? "" : " until " + revision.nextTid();
    return String.format(
        ROOT, "%s at %s%s: '%s'", revision.oid(), revision.tid(), until, revision.data().toUtf8());
  }

  static String of(HistoryEntry entry) {
    return String.format(
        ROOT,
        "%s %s user='%s' note='%s'",
        entry.tid(),
        entry.absent() ? "absent" : entry.sizeBytes() + " bytes",
        entry.metadata().user().toUtf8(),
        entry.metadata().description().toUtf8());
  }

  static String of(TransactionRecord transaction) {
    String oids = transaction.oids().stream().map(Object::toString).collect(joining(" ", "[", "]"));
    return String.format(
        ROOT,
        "%s status='%s' %s %s bytes, by %s",
        transaction.tid(),
        transaction.status(),
        oids,
        transaction.sizeBytes(),
        transaction.id().sequence());
  }

  static String of(StoredRevision revision) {
    return switch (revision.kind()) {
      case ABSENT -> revision.oid() + " absent";
      case SHARED -> revision.oid() + " shares the data of " + revision.dataTid();
      case DATA ->
          revision.oid() + " '" + (revision.data() == null ? "" : revision.data().toUtf8()) + "'";
    };
  }

  static String of(InvalidationsResult result) {
    if (result instanceof InvalidationsResult.Complete complete) {
      return "complete up to " + complete.upTo() + " " + complete.oids();
    }
    if (result instanceof InvalidationsResult.Ahead ahead) {
      return "ahead of " + ahead.lastTid();
    }
    if (result instanceof InvalidationsResult.TooOld tooOld) {
      return "older than the pack at " + tooOld.packTid();
    }
    return "too many";
  }

  static String of(StorageState state) {
    return String.format(
        ROOT,
        "last %s, next oid %s, %s objects, %s transactions, %s bytes",
        state.lastTid(),
        state.nextOid(),
        state.objectCount(),
        state.transactionCount(),
        state.dataBytes());
  }

  static String lines(String head, List<String> lines) {
    return head + lines.stream().map(line -> "\n  " + line).collect(joining());
  }
}
