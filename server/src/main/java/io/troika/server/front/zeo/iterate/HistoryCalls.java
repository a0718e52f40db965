package io.troika.server.front.zeo.iterate;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.core.mvcc.HistoryEntry;
import io.troika.server.front.zeo.session.Call;
import io.troika.server.front.zeo.session.Extensions;
import io.troika.server.front.zeo.session.StorageSession;
import io.troika.server.front.zeo.session.Values;
import io.troika.server.front.zeo.session.ZeoError;
import io.troika.server.front.zeo.wire.Wire;
import io.troika.server.service.reads.HistoryView;
import io.troika.server.service.reads.ReadService;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What was committed: of an object, and what may be undone (zeo-protocol.md §6.2, §11). */
public final class HistoryCalls {
  /** Entries of an undo log that one answer has at most; who wants more asks for the next. */
  static final int UNDO_ENTRIES_MAX = 10_000;

  private static final int CHUNK = 64;

  private final StorageSession session;

  public HistoryCalls(StorageSession session) {
    this.session = session;
  }

  /** {@code history(oid, size)}: revisions of an object, newest first; none for a size below 1. */
  public void history(Call call) {
    Oid oid = call.args().oid(0, "oid");
    long wanted = call.args().isNone(1) ? 1 : call.args().longAt(1, "size");
    int limit = (int) Math.max(0, Math.min(wanted, ReadService.LIST_MAX));
    session.answerSlowly(call, view -> history(view, oid, limit));
  }

  private static Object history(HistoryView view, Oid oid, int limit) {
    List<HistoryEntry> entries = view.history(oid, Math.max(1, limit));
    if (entries.isEmpty()) {
      throw ZeoError.noSuchObject(oid);
    }
    List<@Nullable Object> list = new ArrayList<>(entries.size());
    for (HistoryEntry entry : entries.subList(0, Math.min(limit, entries.size()))) {
      Map<Object, @Nullable Object> map = new LinkedHashMap<>();
      map.putAll(Extensions.fromPickle(entry.metadata().extension()));
      describe(map, entry.tid(), entry.metadata());
      map.put("tid", Wire.bytes(entry.tid()));
      map.put("size", (long) entry.sizeBytes());
      list.add(map);
    }
    return list;
  }

  private static void describe(
      Map<Object, @Nullable Object> map, Tid tid, TransactionMetadata metadata) {
    map.put("time", Values.seconds(tid));
    map.put("user_name", metadata.user());
    map.put("description", metadata.description());
  }

  /** {@code undoLog(first, last)}. */
  public void undoLog(Call call) {
    undoLog(call, Map.of());
  }

  /** {@code undoInfo(first, last, specification or nil)}. */
  public void undoInfo(Call call) {
    undoLog(call, call.args().isNone(2) ? Map.of() : call.args().map(2, "specification"));
  }

  private void undoLog(Call call, Map<?, ?> specification) {
    long asked = call.args().isNone(0) ? 0 : call.args().longAt(0, "first");
    long last = call.args().isNone(1) ? -20 : call.args().longAt(1, "last");
    // Below 0 there are entries that do not exist, as a FileStorage counts.
    long first = Math.min(Math.max(asked, Integer.MIN_VALUE), Integer.MAX_VALUE);
    long most = Math.max(0, first) + UNDO_ENTRIES_MAX;
    long end = last < Integer.MIN_VALUE ? most : Math.min(last < 0 ? first - last : last, most);
    session.answerSlowly(call, view -> undoLog(view, first, end, specification));
  }

  /** Entries number {@code first} to {@code end}, exclusive, of those that fit, newest first. */
  private static Object undoLog(HistoryView view, long first, long end, Map<?, ?> specification) {
    List<@Nullable Object> list = new ArrayList<>();
    long number = 0;
    Tid before = Tid.MAX;
    while (number < end) {
      List<TransactionRecord> chunk = view.undoable(before, CHUNK);
      for (TransactionRecord transaction : chunk) {
        Map<Object, @Nullable Object> entry = undoEntry(transaction);
        if (number < end && fits(entry, specification)) {
          if (number >= first) {
            list.add(entry);
          }
          number++;
        }
      }
      if (chunk.size() < CHUNK) {
        break;
      }
      before = chunk.get(chunk.size() - 1).tid();
    }
    return list;
  }

  private static Map<Object, @Nullable Object> undoEntry(TransactionRecord transaction) {
    Map<Object, @Nullable Object> entry = new LinkedHashMap<>();
    entry.put("id", Values.undoId(transaction.tid()));
    describe(entry, transaction.tid(), transaction.metadata());
    entry.put("size", transaction.sizeBytes());
    entry.putAll(Extensions.fromPickle(transaction.metadata().extension()));
    return entry;
  }

  private static boolean fits(Map<Object, @Nullable Object> entry, Map<?, ?> specification) {
    return specification.entrySet().stream()
        .allMatch(each -> Objects.equals(entry.get(each.getKey()), each.getValue()));
  }
}
