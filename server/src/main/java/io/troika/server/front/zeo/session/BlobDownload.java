package io.troika.server.front.zeo.session;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.wire.Wire;
import io.troika.server.front.zeo.wire.ZeoMessage;
import io.troika.server.service.blobs.BlobContent;
import io.troika.server.service.refusals.FailureCause;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.RequestRefusedException.Reason;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;

/**
 * {@code sendBlob(oid, tid)}: the blob in pieces, each when the client has taken what came before,
 * and then the answer (zeo-protocol.md §12). A blob never changes, so it may be sent at any
 * position. One piece is read and sent at a time, on the executor.
 */
final class BlobDownload {
  private final StorageSession session;
  private final Call call;
  private final Oid oid;
  private final Tid tid;

  BlobDownload(StorageSession session, Call call) {
    this.session = session;
    this.call = call;
    this.oid = call.args().oid(0, "oid");
    this.tid = call.args().tid(1, "tid");
  }

  void start() {
    call.orFail(
        everythingIsHere()
            .thenCompose(done -> open())
            .thenAcceptAsync(this::begin, session.context().executor())
            .exceptionally(
                failure -> {
                  throw translated(failure);
                }));
  }

  /** What a client knows of and this node does not yet, it will have then. */
  private CompletableFuture<Void> everythingIsHere() {
    return tid.compareTo(session.applied().lastTid()) > 0
        ? session.settledEverywhere()
        : CompletableFuture.completedFuture(null);
  }

  private CompletableFuture<BlobContent> open() {
    if (tid.compareTo(session.applied().lastTid()) > 0) {
      throw ZeoError.noSuchObject(oid);
    }
    return session
        .context()
        .service()
        .blobs()
        .open(session.name(), oid, tid, StorageSession.LEADER_WAIT_MAX);
  }

  private RuntimeException translated(Throwable failure) {
    Throwable cause = FailureCause.of(failure);
    if (cause instanceof RequestRefusedException refused
        && (refused.reason() == Reason.UNKNOWN_BLOB || refused.reason() == Reason.PACKED)) {
      return ZeoError.noSuchObject(oid);
    }
    if (cause instanceof ZeoError || cause instanceof ConnectionClosedException) {
      return (RuntimeException) cause;
    }
    return new CloseException("no blob: " + cause.getMessage(), cause);
  }

  private void begin(BlobContent content) {
    send("receiveBlobStart", Wire.bytes(oid), Wire.bytes(tid));
    next(content.range(0, content.length()));
  }

  private void next(Iterator<Bytes> pieces) {
    session.whenWritable(
        () -> {
          try {
            sendPiece(pieces);
          } catch (RuntimeException e) {
            call.fail(translated(e));
          }
        });
  }

  private void sendPiece(Iterator<Bytes> pieces) {
    if (session.outbox().isClosed()) {
      return;
    }
    if (pieces.hasNext()) {
      send("receiveBlobChunk", Wire.bytes(oid), Wire.bytes(tid), pieces.next());
      next(pieces);
    } else {
      send("receiveBlobStop", Wire.bytes(oid), Wire.bytes(tid));
      call.answer(null);
    }
  }

  private void send(String method, Object... arguments) {
    session.outbox().send(ZeoMessage.oneWay(method, arguments));
  }
}
