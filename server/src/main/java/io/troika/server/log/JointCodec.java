package io.troika.server.log;

import static io.troika.server.log.ByteWriter.TRANSACTION_ID_BYTES;
import static io.troika.server.log.CommitCodec.COMMIT_WITH_BLOBS;

import io.troika.server.core.command.Command.CommitTogether;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.Share;
import java.util.List;

/**
 * Transactions over several storages. What each share does is written as {@link CommitCodec} writes
 * it in a commit with blobs, whether or not there is one:
 *
 * <pre>{@code
 * 35 commit together  id, candidate 8, metadata, n * share
 *
 * share = storage 4, n * read (oid 8, serial 8),
 *         n * write (oid 8, serial 8, blob 1: 0 none | 1 reference, length 4, data),
 *         n * delete (oid 8, serial 8), n * undo (tid 8)
 * }</pre>
 */
final class JointCodec {
  static final int COMMIT_TOGETHER = 35;

  private static final int SHARE_BYTES_MIN = 5 * Integer.BYTES;

  private JointCodec() {}

  static long bodySize(CommitTogether command) {
    long size = TRANSACTION_ID_BYTES + Long.BYTES + Integer.BYTES;
    size += ByteWriter.sizeOfMetadata(command.metadata());
    for (CommitTransaction share : command.commits()) {
      size += Integer.BYTES + CommitCodec.partsSize(COMMIT_WITH_BLOBS, share);
    }
    return size;
  }

  static void write(ByteWriter writer, CommitTogether command) {
    writer.transactionId(command.id()).tid(command.candidate()).metadata(command.metadata());
    writer.i32(command.shares().size());
    for (CommitTransaction share : command.commits()) {
      writer.storage(share.storage());
      CommitCodec.writeParts(writer, COMMIT_WITH_BLOBS, share);
    }
  }

  static CommitTogether read(ByteReader body) {
    return new CommitTogether(
        body.transactionId(),
        body.tid(),
        body.metadata(),
        body.list(SHARE_BYTES_MIN, () -> readShare(body)));
  }

  private static Share readShare(ByteReader body) {
    return new Share(
        body.storage(),
        CommitCodec.readChecks(body),
        CommitCodec.readWrites(COMMIT_WITH_BLOBS, body, List.of()),
        CommitCodec.readDeletes(body),
        CommitCodec.readUndos(body));
  }
}
