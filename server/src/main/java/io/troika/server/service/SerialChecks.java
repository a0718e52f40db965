package io.troika.server.service;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.ObjectConflict.Kind;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Conflicts that are certain before the log is asked.
 *
 * <p>The serial of an object only grows. If the applied serial is newer than the one a transaction
 * started from, applying it can never succeed, wherever and whenever it is applied: on a deposed
 * leader as well, whose applied state is old but true. The reverse says nothing: a serial newer
 * than the applied one may come from a transaction that this node has not applied yet, so applying
 * decides. So it does about objects that are absent, whose rules are finer.
 */
final class SerialChecks {
  private SerialChecks() {}

  /** Null if no conflict is certain; else all that are, ordered by oid, then as read, written. */
  static @Nullable Conflict certainConflict(RevisionReader reader, TransactionRequest request) {
    Collector collector = new Collector(reader, request);
    for (ReadCheck read : request.reads()) {
      collector.check(Kind.READ, read.oid(), read.serial());
    }
    for (Write write : request.writes()) {
      collector.check(Kind.WRITE, write.oid(), write.serial());
    }
    for (Delete delete : request.deletes()) {
      collector.check(Kind.DELETE, delete.oid(), delete.serial());
    }
    if (collector.conflicts.isEmpty()) {
      return null;
    }
    collector.conflicts.sort(Comparator.comparing(ObjectConflict::oid));
    return new Conflict(collector.conflicts);
  }

  private static final class Collector {
    private final RevisionReader reader;
    private final TransactionRequest request;
    private final List<ObjectConflict> conflicts = new ArrayList<>();

    private Collector(RevisionReader reader, TransactionRequest request) {
      this.reader = reader;
      this.request = request;
    }

    private void check(Kind kind, Oid oid, Tid serialRead) {
      StoredRevision current = reader.newestBefore(request.storage(), oid, Tid.MAX);
      if (current != null && !current.isAbsent() && current.tid().compareTo(serialRead) > 0) {
        conflicts.add(new ObjectConflict(kind, oid, serialRead, current.tid()));
      }
    }
  }
}
