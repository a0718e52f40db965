package io.troika.server.front.zeo.session;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Revision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.mvcc.LoadResult;
import io.troika.server.core.mvcc.LoadResult.Found;
import io.troika.server.core.mvcc.LoadResult.Missing;
import io.troika.server.core.mvcc.LoadResult.Why;
import io.troika.server.core.mvcc.SerialResult.Seen;
import io.troika.server.front.zeo.wire.Wire;
import io.troika.server.service.reads.HistoryView;
import org.jspecify.annotations.Nullable;

/** Reads of objects (zeo-protocol.md §6.2). */
public final class LoadCalls {
  private final StorageSession session;

  public LoadCalls(StorageSession session) {
    this.session = session;
  }

  /** {@code loadBefore(oid, tid)}: data, its tid, and the next tid or nil. */
  public void loadBefore(Call call) {
    Oid oid = call.args().oid(0, "oid");
    Tid before = call.args().tid(1, "tid");
    session.statistics().loads.increment();
    session.answer(
        call,
        view -> loadBefore(view, oid, before),
        result -> isDoubtful(before, result),
        result -> revision(oid, result));
  }

  /**
   * What was packed away of an object that has later revisions counts as not stored yet, as it does
   * after FileStorage's pack: a client that reads in a transaction from before the pack makes a
   * conflict of that, and begins anew; an unknown object is an error of the database to it.
   */
  private static LoadResult loadBefore(HistoryView view, Oid oid, Tid before) {
    LoadResult result = view.loadBefore(oid, before);
    return result instanceof Missing missing
            && missing.why() == Why.PACKED
            && !isUnknown(view.serialBefore(oid, Tid.MAX))
        ? new Missing(oid, Why.NOT_YET)
        : result;
  }

  /** Somebody may have been told of the object, or of transactions until then, before this node. */
  private boolean isDoubtful(Tid before, LoadResult result) {
    return before.equals(Tid.MAX)
        ? isUnknown(result)
        : before.compareTo(session.outbox().position().next()) > 0;
  }

  private static boolean isUnknown(Object result) {
    return result instanceof Missing missing && missing.why() == Why.UNKNOWN;
  }

  private static @Nullable Object revision(Oid oid, LoadResult result) {
    if (result instanceof Found found) {
      Revision revision = found.revision();
      return Wire.tuple(
          revision.data(), Wire.bytes(revision.tid()), Values.tidOrNone(revision.nextTid()));
    }
    if (((Missing) result).why() == Why.NOT_YET) {
      return null;
    }
    throw ZeoError.noSuchObject(oid);
  }

  /** {@code loadSerial(oid, serial)}: the data of exactly that revision. */
  public void loadSerial(Call call) {
    Oid oid = call.args().oid(0, "oid");
    Tid serial = call.args().tid(1, "tid");
    session.answer(
        call,
        view -> {
          if (view.loadSerial(oid, serial) instanceof Found found) {
            return found.revision().data();
          }
          throw ZeoError.noSuchObject(oid);
        });
  }

  /** {@code getTid(oid)}: the tid of the current revision. */
  public void getTid(Call call) {
    Oid oid = call.args().oid(0, "oid");
    session.answer(
        call,
        view -> {
          if (view.serialBefore(oid, Tid.MAX) instanceof Seen seen) {
            return Wire.bytes(seen.tid());
          }
          throw ZeoError.noSuchObject(oid);
        });
  }

  private static Revision current(HistoryView view, Oid oid) {
    if (view.loadBefore(oid, Tid.MAX) instanceof Found found) {
      return found.revision();
    }
    throw ZeoError.noSuchObject(oid);
  }

  /**
   * {@code record_iternext(oid or nil)}: the next object there is, and the one after it. There may
   * be any number between them that are gone.
   */
  public void recordIternext(Call call) {
    Oid from = call.args().isNone(0) ? Oid.ROOT : call.args().oid(0, "oid");
    session.answerFromMany(call, view -> recordFrom(view, from));
  }

  private static Object recordFrom(HistoryView view, Oid from) {
    Oid oid = view.nextObject(from);
    if (oid == null) {
      throw ZeoError.value("there is no object from oid " + from + " on");
    }
    Revision revision = current(view, oid);
    Oid next = oid.equals(Oid.MAX) ? null : view.nextObject(oid.next());
    return Wire.tuple(
        Wire.bytes(oid),
        Wire.bytes(revision.tid()),
        revision.data(),
        next == null ? null : Wire.bytes(next));
  }

  /** {@code sendBlob(oid, tid)}: the blob of that revision, and then nil. */
  public void sendBlob(Call call) {
    new BlobDownload(session, call).start();
  }
}
