package io.troika.server.log;

import static io.troika.server.log.ByteWriter.TRANSACTION_ID_BYTES;
import static io.troika.server.log.CommitCodec.COMMIT_WITH_BLOBS;
import static io.troika.server.log.CommitCodec.STAGED_COMMIT;

import io.troika.server.core.command.Command.CommitTogether;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.Share;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.StorageId;
import java.util.List;

/**
 * Transactions over several storages. What each share does is written as {@link CommitCodec} writes
 * it in a commit with blobs, whether or not there is one; if any share has a stage, as in a staged
 * commit, all of them:
 *
 * <pre>{@code
 * 35 commit together         id, candidate 8, metadata, n * share
 *
 * share = storage 4, n * read (oid 8, serial 8),
 *         n * write (oid 8, serial 8, blob 1: 0 none | 1 reference, length 4, data),
 *         n * delete (oid 8, serial 8), n * undo (tid 8)
 *
 * 92 staged commit together  as 35, and after the storage of each share: stages as StagesCodec
 *                            writes them, here n from 0; and in place of (length, data):
 *                            form 1: 0 length 4, data | 1 place as StagesCodec writes it
 * }</pre>
 */
final class JointCodec {
  static final int COMMIT_TOGETHER = 35;
  static final int STAGED_COMMIT_TOGETHER = 92;

  private static final int SHARE_BYTES_MIN = 5 * Integer.BYTES;

  private JointCodec() {}

  static int kind(CommitTogether command) {
    return command.isStaged() ? STAGED_COMMIT_TOGETHER : COMMIT_TOGETHER;
  }

  /** The kind of commit as which shares are written. */
  private static int shareKind(int kind) {
    return kind == STAGED_COMMIT_TOGETHER ? STAGED_COMMIT : COMMIT_WITH_BLOBS;
  }

  static long bodySize(CommitTogether command) {
    int shareKind = shareKind(kind(command));
    long size = TRANSACTION_ID_BYTES + Long.BYTES + Integer.BYTES;
    size += ByteWriter.sizeOfMetadata(command.metadata());
    for (CommitTransaction share : command.commits()) {
      size += Integer.BYTES + CommitCodec.partsSize(shareKind, share);
      size += shareKind == STAGED_COMMIT ? StagesCodec.size(share.stages()) : 0;
    }
    return size;
  }

  static void write(ByteWriter writer, CommitTogether command) {
    int shareKind = shareKind(kind(command));
    writer.transactionId(command.id()).tid(command.candidate()).metadata(command.metadata());
    writer.i32(command.shares().size());
    for (CommitTransaction share : command.commits()) {
      writer.storage(share.storage());
      if (shareKind == STAGED_COMMIT) {
        StagesCodec.write(writer, share.stages());
      }
      CommitCodec.writeParts(writer, shareKind, share);
    }
  }

  static CommitTogether read(int kind, ByteReader body) {
    CommitTogether command =
        new CommitTogether(
            body.transactionId(),
            body.tid(),
            body.metadata(),
            body.list(SHARE_BYTES_MIN, () -> readShare(shareKind(kind), body)));
    if (kind(command) != kind) {
      throw body.corrupt("a commit of kind " + kind + " that should be " + kind(command));
    }
    return command;
  }

  private static Share readShare(int shareKind, ByteReader body) {
    StorageId storage = body.storage();
    List<BlobReference> stages = shareKind == STAGED_COMMIT ? StagesCodec.read(body) : List.of();
    return new Share(
        storage,
        CommitCodec.readChecks(body),
        CommitCodec.readWrites(shareKind, body, stages),
        CommitCodec.readDeletes(body),
        CommitCodec.readUndos(body),
        stages);
  }
}
