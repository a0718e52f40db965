package io.troika.server.front.zeo.session;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.mvcc.InvalidationsResult;
import io.troika.server.core.mvcc.InvalidationsResult.Ahead;
import io.troika.server.core.mvcc.InvalidationsResult.Complete;
import io.troika.server.front.zeo.wire.Wire;
import io.troika.server.service.reads.HistoryView;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls about the session and the storage as a whole (zeo-protocol.md §6.1, new_oids of §6.2). */
public final class SessionCalls {
  private static final Logger LOG = LoggerFactory.getLogger(SessionCalls.class);
  private static final int NEW_OIDS_MAX = 100;
  private static final int LABEL_LENGTH_MAX = 200;
  private static final String INTERFACES = "ZODB.interfaces";

  private final StorageSession session;

  public SessionCalls(StorageSession session) {
    this.session = session;
  }

  /** {@code get_info()}: what decides which methods the client's storage object offers. */
  public void getInfo(Call call) {
    StorageState state = session.applied();
    Map<Object, @Nullable Object> info = size(state);
    info.put("name", session.name());
    info.put("supportsUndo", true);
    info.put("supports_record_iternext", true);
    info.put(
        "interfaces",
        Wire.tuple(
            Wire.tuple(INTERFACES, "IStorageRestoreable"),
            Wire.tuple(INTERFACES, "IStorageIteration"),
            Wire.tuple(INTERFACES, "IStorageUndoable"),
            Wire.tuple(INTERFACES, "IStorageCurrentRecordIteration"),
            Wire.tuple(INTERFACES, "IBlobStorage"),
            Wire.tuple(INTERFACES, "IExternalGC"),
            Wire.tuple(INTERFACES, "IStorage"),
            Wire.tuple("zope.interface", "Interface")));
    call.answer(info);
  }

  /** What {@code info} tells of a storage. */
  public static Map<Object, @Nullable Object> size(StorageState state) {
    Map<Object, @Nullable Object> size = new LinkedHashMap<>();
    size.put("length", state.objectCount());
    size.put("size", state.sizeBytes());
    return size;
  }

  /** {@code lastTransaction()}: linearizable; exactly the transaction that the client knows of. */
  public void lastTransaction(Call call) {
    afterAll(
        call, () -> session.outbox().sendComputed(position -> call.reply(Wire.bytes(position))));
  }

  /** {@code ping()}: when it is answered, all that was committed before it was invalidated. */
  public void ping(Call call) {
    afterAll(call, () -> call.answer(null));
  }

  private void afterAll(Call call, Runnable answer) {
    call.orFail(session.settledEverywhere().thenRun(answer));
  }

  /**
   * {@code getInvalidations(tid)}: what changed since, and up to when; nil if that is not known.
   */
  public void getInvalidations(Call call) {
    Tid since = call.args().tid(0, "tid");
    session.answerFromMany(call, view -> invalidations(view, since));
  }

  private static @Nullable Object invalidations(HistoryView view, Tid since) {
    InvalidationsResult result = view.changesSince(since);
    if (result instanceof Complete complete) {
      List<Bytes> oids = new ArrayList<>(complete.oids().size());
      complete.oids().forEach(oid -> oids.add(Wire.bytes(oid)));
      return Wire.tuple(Wire.bytes(complete.upTo()), oids);
    }
    if (result instanceof Ahead) {
      return Wire.tuple(Wire.bytes(view.at()), List.of());
    }
    return null; // packed, or too much to list: the client drops its cache
  }

  /** {@code set_client_label(text)}. */
  public void setClientLabel(Call call) {
    String label = call.args().text(0, "label");
    LOG.debug(
        "ZEO client of storage {} is called {}",
        session.name(),
        label.substring(0, Math.min(label.length(), LABEL_LENGTH_MAX)));
    call.answer(null);
  }

  /** {@code new_oids(n=100)}: from what this node has reserved; fewer at the end of a block. */
  public void newOids(Call call) {
    session.requireWritable();
    long wanted = call.args().isNone(0) ? NEW_OIDS_MAX : call.args().longAt(0, "n");
    int count = (int) Math.max(1, Math.min(wanted, NEW_OIDS_MAX));
    call.orFail(
        session
            .context()
            .oids()
            .take(session, count)
            .thenAccept(
                block ->
                    call.answer(
                        LongStream.range(0, block.count())
                            .mapToObj(index -> Wire.bytes(block.oid(index)))
                            .toList())));
  }

  /** {@code server_status()}. */
  public void serverStatus(Call call) {
    session.answer(
        call, view -> session.context().statistics().describe(session.name(), view.at()));
  }

  /** {@code pack(time, wait)}: allowed to readers too. */
  public void pack(Call call) {
    Tid horizon = PackCall.horizon(call.args().doubleAt(0, "time"));
    boolean wait = call.args().isNone(1) || call.args().flag(1, "wait");
    new PackCall(session, call, horizon, wait).start();
  }
}
