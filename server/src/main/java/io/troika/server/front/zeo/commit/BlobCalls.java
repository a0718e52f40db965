package io.troika.server.front.zeo.commit;

import io.troika.server.core.command.Command.Write;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.session.Call;
import io.troika.server.front.zeo.session.ZeoError;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Blobs as a client stores them (zeo-protocol.md §12). Nobody waits for an answer; what is taken
 * more slowly than it comes is not read from the connection meanwhile.
 */
public final class BlobCalls {
  private final CommitCalls commits;

  public BlobCalls(CommitCalls commits) {
    this.commits = commits;
  }

  /** {@code storeBlobStart()}. */
  public void start(Call call) {
    commits.session().requireWritable();
    add(call, TransactionBlobs::begin);
  }

  /** {@code storeBlobChunk(bytes)}. */
  public void chunk(Call call) {
    Bytes bytes = call.args().bytes(0, "chunk");
    add(call, blobs -> blobs.add(bytes));
  }

  /** {@code storeBlobEnd(oid, serial, data, txn)}. */
  public void end(Call call) {
    Oid oid = call.args().oid(0, "oid");
    Tid serial = BufferCalls.storedFrom(call);
    Write write = new Write(oid, serial, call.args().bytes(2, "data"));
    if (!commits.buffer(call.args().value(3), buffer -> buffer.store(write))) {
      throw ZeoError.transaction("storeBlobEnd of a transaction that is not open");
    }
    add(call, blobs -> blobs.end(oid));
  }

  /** Whether it succeeds, the vote tells. */
  private void add(Call call, Function<TransactionBlobs, CompletableFuture<?>> step) {
    commits.session().connection().readAfter(commits.addBlob(step));
    call.answer(null);
  }

  /** {@code storeBlobShared(oid, serial, data, file name, txn)}. */
  public void shared(Call call) {
    call.fail(
        ZeoError.storage(
            "shared-blob-dir has to be off: nodes have no directory in common with clients"));
  }
}
