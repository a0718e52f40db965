package io.troika.server.log;

import static io.troika.server.log.ByteWriter.TRANSACTION_ID_BYTES;

import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Copies of transactions, in the frame and with the words of {@link CommandCodec}.
 *
 * <pre>{@code
 * restored  = tid 8, status 2, metadata,
 *             n * (oid 8, form 1: 0 absent | 1 length 4, data | 2 data tid 8
 *                                 | 3 reference as BlobCodec writes it, length 4, data
 *                                 | 4 place as StagesCodec writes it | 5 reference, place)
 *
 * 2 restore              id, storage 4, restored, without form 3
 * 7 restores             id, storage 4, n * restored, with n > 1, without form 3
 * 22 restore with blobs  id, storage 4, n * restored, with form 3 at least once
 * 31 staged restore      id, storage 4, stages as StagesCodec writes them, n * restored
 * }</pre>
 */
final class RestoreCodec {
  static final int ONE = 2;
  static final int SEVERAL = 7;
  static final int WITH_BLOBS = 22;
  static final int STAGED = 31;

  private static final int FORM_ABSENT = 0;
  private static final int FORM_DATA = 1;
  private static final int FORM_SHARED = 2;
  private static final int FORM_BLOB = 3;
  private static final int FORM_STAGED = 4;
  private static final int FORM_STAGED_WITH_BLOB = 5;

  private static final int REVISION_BYTES_MIN = Long.BYTES + 1;
  private static final int RESTORED_BYTES_MIN =
      Long.BYTES
          + Short.BYTES
          + ByteWriter.sizeOfMetadata(TransactionMetadata.EMPTY)
          + Integer.BYTES;

  private RestoreCodec() {}

  static int kind(RestoreTransactions restore) {
    if (!restore.stages().isEmpty()) {
      return STAGED;
    }
    boolean blobs =
        restore.transactions().stream()
            .flatMap(transaction -> transaction.revisions().stream())
            .anyMatch(revision -> revision.blob() != null);
    if (blobs) {
      return WITH_BLOBS;
    }
    return restore.transactions().size() > 1 ? SEVERAL : ONE;
  }

  static long bodySize(RestoreTransactions restore) {
    long size = TRANSACTION_ID_BYTES + Integer.BYTES;
    int kind = kind(restore);
    size += kind == ONE ? 0 : Integer.BYTES;
    size += kind == STAGED ? StagesCodec.size(restore.stages()) : 0;
    for (RestoredTransaction transaction : restore.transactions()) {
      size += size(transaction);
    }
    return size;
  }

  private static long size(RestoredTransaction transaction) {
    long size = Long.BYTES + Short.BYTES + Integer.BYTES;
    size += ByteWriter.sizeOfMetadata(transaction.metadata());
    for (RestoredRevision revision : transaction.revisions()) {
      size += REVISION_BYTES_MIN;
      size += revision.blob() == null ? 0 : BlobCodec.REFERENCE_BYTES;
      if (revision.data() != null) {
        size += ByteWriter.sizeOfBytes32(revision.data());
      } else if (revision.staged() != null) {
        size += StagesCodec.PLACE_BYTES;
      } else if (revision.dataTid() != null) {
        size += Long.BYTES;
      }
    }
    return size;
  }

  static void write(ByteWriter writer, RestoreTransactions restore) {
    writer.transactionId(restore.id()).storage(restore.storage());
    int kind = kind(restore);
    if (kind == STAGED) {
      StagesCodec.write(writer, restore.stages());
    }
    if (kind != ONE) {
      writer.i32(restore.transactions().size());
    }
    restore.transactions().forEach(transaction -> write(writer, restore.stages(), transaction));
  }

  private static void write(
      ByteWriter writer, List<BlobReference> stages, RestoredTransaction transaction) {
    writer.tid(transaction.tid()).u16(transaction.status()).metadata(transaction.metadata());
    writer.i32(transaction.revisions().size());
    for (RestoredRevision revision : transaction.revisions()) {
      writer.oid(revision.oid());
      Bytes data = revision.data();
      BlobReference blob = revision.blob();
      StagedData staged = revision.staged();
      if (staged != null) {
        writer.u8(blob == null ? FORM_STAGED : FORM_STAGED_WITH_BLOB);
        if (blob != null) {
          BlobCodec.write(writer, blob);
        }
        StagesCodec.write(writer, stages, staged);
      } else if (data != null && blob != null) {
        writer.u8(FORM_BLOB);
        BlobCodec.write(writer, blob);
        writer.bytes32(data);
      } else if (data != null) {
        writer.u8(FORM_DATA).bytes32(data);
      } else if (revision.dataTid() != null) {
        writer.u8(FORM_SHARED).tid(revision.dataTid());
      } else {
        writer.u8(FORM_ABSENT);
      }
    }
  }

  static RestoreTransactions read(int kind, ByteReader body) {
    TransactionId id = body.transactionId();
    StorageId storage = body.storage();
    List<BlobReference> stages = kind == STAGED ? StagesCodec.read(body) : List.of();
    List<RestoredTransaction> transactions =
        kind == ONE
            ? List.of(readRestored(body, kind, stages))
            : body.list(RESTORED_BYTES_MIN, () -> readRestored(body, kind, stages));
    RestoreTransactions restore = new RestoreTransactions(id, storage, transactions, stages);
    boolean named = kind == STAGED || kind == WITH_BLOBS;
    if (named && kind(restore) != kind) {
      throw body.corrupt("a restore of kind " + kind + " that should be " + kind(restore));
    }
    return restore;
  }

  private static RestoredTransaction readRestored(
      ByteReader body, int kind, List<BlobReference> stages) {
    Tid tid = body.tid();
    char status = (char) body.u16();
    TransactionMetadata metadata = body.metadata();
    List<RestoredRevision> revisions =
        body.list(REVISION_BYTES_MIN, () -> readRevision(body, kind, stages));
    return new RestoredTransaction(tid, status, metadata, revisions);
  }

  private static RestoredRevision readRevision(
      ByteReader body, int kind, List<BlobReference> stages) {
    Oid oid = body.oid();
    int form = body.u8();
    if (form == FORM_BLOB && (kind == WITH_BLOBS || kind == STAGED)) {
      BlobReference blob = BlobCodec.readReference(body);
      return new RestoredRevision(oid, body.bytes32(), null, blob);
    }
    if (kind == STAGED && (form == FORM_STAGED || form == FORM_STAGED_WITH_BLOB)) {
      @Nullable BlobReference blob = form == FORM_STAGED ? null : BlobCodec.readReference(body);
      return new RestoredRevision(oid, null, null, blob, StagesCodec.read(body, stages));
    }
    return switch (form) {
      case FORM_ABSENT -> new RestoredRevision(oid, null, null);
      case FORM_DATA -> new RestoredRevision(oid, body.bytes32(), null);
      case FORM_SHARED -> new RestoredRevision(oid, null, body.tid());
      default -> throw body.unknown("form " + form + " of oid " + oid);
    };
  }
}
