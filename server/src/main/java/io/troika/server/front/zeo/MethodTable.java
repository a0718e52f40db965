package io.troika.server.front.zeo;

import io.troika.server.front.zeo.commit.BlobCalls;
import io.troika.server.front.zeo.commit.BufferCalls;
import io.troika.server.front.zeo.commit.CommitCalls;
import io.troika.server.front.zeo.iterate.HistoryCalls;
import io.troika.server.front.zeo.iterate.IterationCalls;
import io.troika.server.front.zeo.session.Call;
import io.troika.server.front.zeo.session.LoadCalls;
import io.troika.server.front.zeo.session.SessionCalls;
import io.troika.server.front.zeo.session.StorageSession;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * The methods that a registered client may call, by name: exactly those of zeo-protocol.md §6. What
 * a handler throws is told to the client, or ends the connection if it does not wait.
 */
final class MethodTable {
  private final Map<String, Method> methods = new HashMap<>();
  private final CommitCalls commits;

  private record Method(int argumentsMin, int argumentsMax, Consumer<Call> handler) {}

  MethodTable(StorageSession session) {
    commits = new CommitCalls(session);
    addSession(new SessionCalls(session));
    addLoads(new LoadCalls(session));
    addHistory(new HistoryCalls(session), new IterationCalls(session));
    addCommits(new BufferCalls(commits));
    addBlobs(new BlobCalls(commits));
  }

  private void addSession(SessionCalls calls) {
    add("get_info", 0, 0, calls::getInfo);
    add("lastTransaction", 0, 0, calls::lastTransaction);
    add("getInvalidations", 1, 1, calls::getInvalidations);
    add("ping", 0, 0, calls::ping);
    add("set_client_label", 1, 1, calls::setClientLabel);
    add("server_status", 0, 0, calls::serverStatus);
    add("new_oids", 0, 1, calls::newOids);
    add("pack", 1, 2, calls::pack);
  }

  private void addLoads(LoadCalls calls) {
    add("loadBefore", 2, 2, calls::loadBefore);
    add("loadSerial", 2, 2, calls::loadSerial);
    add("getTid", 1, 1, calls::getTid);
    add("record_iternext", 0, 1, calls::recordIternext);
    add("sendBlob", 2, 2, calls::sendBlob);
  }

  private void addHistory(HistoryCalls history, IterationCalls iteration) {
    add("history", 1, 2, history::history);
    add("undoLog", 0, 2, history::undoLog);
    add("undoInfo", 0, 3, history::undoInfo);
    add("iterator_start", 2, 2, iteration::start);
    add("iterator_next", 1, 1, iteration::next);
    add("iterator_record_start", 2, 2, iteration::recordStart);
    add("iterator_record_next", 1, 1, iteration::recordNext);
    add("iterator_gc", 1, 1, iteration::gc);
  }

  private void addCommits(BufferCalls buffer) {
    add("tpc_begin", 4, 6, commits::begin);
    add("storea", 4, 4, buffer::store);
    add("checkCurrentSerialInTransaction", 3, 3, buffer::checkCurrentSerial);
    add("deleteObject", 3, 3, buffer::deleteObject);
    add("restorea", 5, 5, buffer::restore);
    add("undoa", 2, 2, buffer::undo);
    add("vote", 1, 1, commits::vote);
    add("tpc_finish", 1, 1, commits::finish);
    add("tpc_abort", 1, 1, commits::abort);
  }

  private void addBlobs(BlobCalls blobs) {
    add("storeBlobStart", 0, 0, blobs::start);
    add("storeBlobChunk", 1, 1, blobs::chunk);
    add("storeBlobEnd", 4, 4, blobs::end);
    add("storeBlobShared", 5, 5, blobs::shared);
  }

  private void add(String name, int argumentsMin, int argumentsMax, Consumer<Call> handler) {
    methods.put(name, new Method(argumentsMin, argumentsMax, handler));
  }

  boolean has(String name) {
    return methods.containsKey(name);
  }

  /** Makes a call of a method that is there. */
  void dispatch(Call call) {
    Method method = methods.get(call.method());
    if (method == null) {
      throw new IllegalArgumentException("no method " + call.method());
    }
    try {
      call.args().requireSize(method.argumentsMin, method.argumentsMax);
      method.handler.accept(call);
    } catch (RuntimeException e) {
      call.fail(e);
    }
  }

  /** See {@link CommitCalls#leave}. */
  CompletableFuture<Void> leave() {
    return commits.leave();
  }

  /** The connection is gone. */
  void close() {
    commits.close();
  }
}
