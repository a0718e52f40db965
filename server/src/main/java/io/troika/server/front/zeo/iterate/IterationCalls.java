package io.troika.server.front.zeo.iterate;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.front.zeo.session.Call;
import io.troika.server.front.zeo.session.Extensions;
import io.troika.server.front.zeo.session.StorageSession;
import io.troika.server.front.zeo.session.ZeoError;
import io.troika.server.front.zeo.wire.Wire;
import io.troika.server.service.reads.HistoryView;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Cursors over transactions and over the records of one (zeo-protocol.md §11). A cursor ends at the
 * transaction that was the newest when it began, so it sees what was there then. Their number is
 * bounded; they end with the connection.
 *
 * <p>The monitor guards the cursors; reading happens outside of it, one call of a cursor at a time
 * as clients do it.
 */
public final class IterationCalls {
  /** Cursors of one connection; a client gives back what it does not use any more. */
  static final int CURSORS_MAX = 1_000;

  private final StorageSession session;
  private final Map<Long, Transactions> transactions = new HashMap<>(); // guarded by this
  private final Map<Long, Records> records = new HashMap<>(); // guarded by this
  private long lastId; // guarded by this

  private static final class Transactions {
    private final HistoryView view;
    private final Tid stop;
    private Tid after;
    private @Nullable Tid last;

    Transactions(HistoryView view, Tid after, Tid stop) {
      this.view = view;
      this.after = after;
      this.stop = stop;
    }
  }

  private record Records(HistoryView view, Tid tid, Iterator<Oid> rest) {}

  public IterationCalls(StorageSession session) {
    this.session = session;
  }

  /** {@code iterator_start(start tid or nil, stop tid or nil)}: both inclusive. */
  public void start(Call call) {
    Tid start = call.args().isNone(0) ? Tid.NONE : call.args().tid(0, "start");
    Tid stop = call.args().isNone(1) ? Tid.MAX : call.args().tid(1, "stop");
    Tid after = start.isNone() ? Tid.NONE : new Tid(start.value() - 1);
    session.answerSlowly(
        call,
        view -> {
          synchronized (this) {
            requireRoom();
            transactions.put(++lastId, new Transactions(view, after, stop));
            return lastId;
          }
        });
  }

  private void requireRoom() {
    if (transactions.size() + records.size() >= CURSORS_MAX) {
      throw ZeoError.storage(
          "%s iterators are open on this connection already".formatted(CURSORS_MAX));
    }
  }

  /** {@code iterator_next(id)}: the next transaction; nil at the end, which disposes of it. */
  public void next(Call call) {
    long id = call.args().longAt(0, "id");
    session.answerSlowly(call, view -> next(id));
  }

  private @Nullable Object next(long id) {
    Transactions cursor;
    synchronized (this) {
      cursor = known(id, transactions.get(id));
    }
    List<TransactionRecord> found = cursor.view.transactionsAfter(cursor.after, cursor.stop, 1);
    synchronized (this) {
      if (found.isEmpty()) {
        transactions.remove(id);
        return null;
      }
      TransactionRecord transaction = found.get(0);
      cursor.after = transaction.tid();
      cursor.last = transaction.tid();
      return Wire.tuple(
          Wire.bytes(transaction.tid()),
          String.valueOf(transaction.status()),
          transaction.metadata().user(),
          transaction.metadata().description(),
          Extensions.fromPickle(transaction.metadata().extension()));
    }
  }

  /** {@code iterator_record_start(id, tid)}: over the transaction that was returned last. */
  public void recordStart(Call call) {
    long id = call.args().longAt(0, "id");
    Tid tid = call.args().tid(1, "tid");
    session.answerSlowly(call, view -> recordStart(id, tid));
  }

  private Object recordStart(long id, Tid tid) {
    Transactions cursor;
    synchronized (this) {
      cursor = known(id, transactions.get(id));
      requireRoom();
      if (!tid.equals(cursor.last)) {
        throw ZeoError.value(
            "records of transaction %s: the iterator is at %s".formatted(tid, cursor.last));
      }
    }
    TransactionRecord transaction = cursor.view.transaction(tid);
    List<Oid> oids = transaction == null ? List.of() : transaction.oids();
    synchronized (this) {
      records.put(++lastId, new Records(cursor.view, tid, oids.iterator()));
      return lastId;
    }
  }

  /** {@code iterator_record_next(id)}: the next record; nil at the end, which disposes of it. */
  public void recordNext(Call call) {
    long id = call.args().longAt(0, "id");
    session.answerSlowly(call, view -> recordNext(id));
  }

  private @Nullable Object recordNext(long id) {
    Records cursor;
    synchronized (this) {
      cursor = known(id, records.get(id));
    }
    StoredRevision revision = nextRevision(id, cursor);
    return revision == null
        ? null
        : Wire.tuple(
            Wire.bytes(revision.oid()),
            Wire.bytes(revision.tid()),
            revision.isAbsent() ? null : cursor.view().data(revision),
            revision.kind() == StoredRevision.Kind.SHARED ? Wire.bytes(revision.dataTid()) : null);
  }

  /** The next one that is still there, null at the end: then the cursor is gone. */
  private @Nullable StoredRevision nextRevision(long id, Records cursor) {
    while (true) {
      Oid oid;
      synchronized (this) {
        if (!cursor.rest().hasNext()) {
          records.remove(id);
          return null;
        }
        oid = cursor.rest().next();
      }
      StoredRevision revision = cursor.view().record(oid, cursor.tid());
      if (revision != null) {
        return revision;
      }
    }
  }

  private static <T> T known(long id, @Nullable T cursor) {
    if (cursor == null) {
      throw ZeoError.key(id);
    }
    return cursor;
  }

  /** {@code iterator_gc(ids)}: disposes of cursors; unknown ones are ignored. */
  public void gc(Call call) {
    List<?> ids = call.args().list(0, "ids");
    synchronized (this) {
      for (Object id : ids) {
        if (id instanceof Number number) {
          transactions.remove(number.longValue());
          records.remove(number.longValue());
        }
      }
    }
    call.answer(null);
  }
}
