package io.troika.server.front.grpc;

import static io.troika.server.core.model.Checks.requireArgument;

import com.google.protobuf.ByteOutput;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.troika.api.v1.Delete;
import io.troika.api.v1.HistoryId;
import io.troika.api.v1.ReadCheck;
import io.troika.api.v1.RestoreRequest;
import io.troika.api.v1.RestoredRecord;
import io.troika.api.v1.RestoredRecord.ContentCase;
import io.troika.api.v1.RestoredTransaction;
import io.troika.api.v1.TransactionId;
import io.troika.api.v1.TransactionMetadata;
import io.troika.api.v1.VoteRequest;
import io.troika.api.v1.Write;
import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.service.catalog.ExpectedHistory;
import io.troika.server.service.commit.NextTry;
import io.troika.server.service.reads.ReadService;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Messages to model. A parsed message's bytes are its own and never change, so they are shared, not
 * copied. Everything throws IllegalArgumentException on a value that can't be.
 */
final class FromProto {
  private static final int UUID_BYTES = 16;

  private FromProto() {}

  static Bytes bytes(ByteString bytes) {
    ArrayCatcher catcher = new ArrayCatcher();
    try {
      UnsafeByteOperations.unsafeWriteTo(bytes, catcher);
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory failed", e);
    }
    // More than one piece: a rope, as parsers make of huge fields that arrive in parts.
    return catcher.pieces == 1 && catcher.piece != null
        ? catcher.piece
        : Bytes.wrap(bytes.toByteArray());
  }

  /** Catches the array behind a byte string, if it is one. */
  private static final class ArrayCatcher extends ByteOutput {
    private @Nullable Bytes piece;
    private int pieces;

    @Override
    public void write(byte value) {
      pieces += 2; // not an array
    }

    @Override
    public void write(byte[] value, int offset, int length) {
      pieces += 2; // the array may be written again by its owner
    }

    @Override
    public void writeLazy(byte[] value, int offset, int length) {
      piece = Bytes.wrap(value, offset, length);
      pieces++;
    }

    @Override
    public void write(ByteBuffer value) {
      pieces += 2;
    }

    @Override
    public void writeLazy(ByteBuffer value) {
      pieces += 2;
    }
  }

  static io.troika.server.core.model.TransactionId transactionId(
      boolean present, TransactionId id) {
    requireArgument(present, "the transaction id is missing");
    return new io.troika.server.core.model.TransactionId(
        new UUID(id.getClientHigh(), id.getClientLow()), id.getSequence());
  }

  static NextTry nextTry(VoteRequest request) {
    return new NextTry(
        request.getKeepLocks(),
        request.hasInsteadOf() ? transactionId(true, request.getInsteadOf()) : null);
  }

  static io.troika.server.core.model.TransactionMetadata metadata(TransactionMetadata metadata) {
    return new io.troika.server.core.model.TransactionMetadata(
        bytes(metadata.getUser()),
        bytes(metadata.getDescription()),
        bytes(metadata.getExtension()));
  }

  /** The history that a request names, if it does. */
  static ExpectedHistory history(boolean present, HistoryId history) {
    if (!present) {
      return ExpectedHistory.ANY;
    }
    ByteString uuid = history.getStorageUuid();
    requireArgument(
        uuid.size() == UUID_BYTES && history.getEpoch() > 0,
        "history: a uuid of %s bytes and epoch %s, expected %s bytes and 1 or more",
        uuid.size(),
        history.getEpoch(),
        UUID_BYTES);
    ByteBuffer bytes = uuid.asReadOnlyByteBuffer();
    return new ExpectedHistory(new UUID(bytes.getLong(), bytes.getLong()), history.getEpoch());
  }

  /** A tid or serial of a message; {@code field} is what the protocol calls it. */
  static Tid tid(String field, long value) {
    requireArgument(value >= 0, "%s 0x%x: expected a tid, which is below 2^63", field, value);
    return new Tid(value);
  }

  static List<Command.ReadCheck> reads(List<ReadCheck> reads) {
    List<Command.ReadCheck> checks = new ArrayList<>(reads.size());
    for (ReadCheck read : reads) {
      checks.add(new Command.ReadCheck(new Oid(read.getOid()), tid("serial", read.getSerial())));
    }
    return checks;
  }

  /**
   * Writes of the transaction with this id.
   *
   * @param stages that the transaction names
   */
  static List<Command.Write> writes(
      io.troika.server.core.model.TransactionId transaction,
      List<BlobReference> stages,
      List<Write> writes) {
    List<Command.Write> commands = new ArrayList<>(writes.size());
    for (Write write : writes) {
      Oid oid = new Oid(write.getOid());
      Tid serial = tid("serial", write.getSerial());
      @Nullable BlobReference blob =
          write.hasBlob() ? BlobMessages.reference(transaction, write.getBlob()) : null;
      if (write.hasStaged()) {
        requireArgument(write.getData().isEmpty(), "oid %s: data, and staged data", oid);
        StagedData staged = BlobMessages.staged(stages, write.getStaged());
        commands.add(new Command.Write(oid, serial, null, blob, staged));
      } else {
        commands.add(new Command.Write(oid, serial, bytes(write.getData()), blob));
      }
    }
    return commands;
  }

  static List<Command.Delete> deletes(List<Delete> deletes) {
    List<Command.Delete> commands = new ArrayList<>(deletes.size());
    for (Delete delete : deletes) {
      commands.add(new Command.Delete(new Oid(delete.getOid()), tid("serial", delete.getSerial())));
    }
    return commands;
  }

  static List<Tid> tids(String field, List<Long> values) {
    return values.stream().map(value -> tid(field, value)).toList();
  }

  static RestoreTransactions restore(RestoreRequest request, StorageId storage) {
    io.troika.server.core.model.TransactionId id = transactionId(request.hasId(), request.getId());
    List<BlobReference> stages = BlobMessages.references(id, request.getStagesList());
    return new RestoreTransactions(
        id,
        storage,
        request.getTransactionsList().stream().map(each -> restored(id, stages, each)).toList(),
        stages);
  }

  private static Command.RestoredTransaction restored(
      io.troika.server.core.model.TransactionId id,
      List<BlobReference> stages,
      RestoredTransaction transaction) {
    int status = transaction.getStatus();
    requireArgument(status >= 0 && status <= 0xff, "status %s: expected 0x20 or 0x70", status);
    return new Command.RestoredTransaction(
        tid("tid", transaction.getTid()),
        (char) status,
        metadata(transaction.getMetadata()),
        transaction.getRecordsList().stream().map(each -> restored(id, stages, each)).toList());
  }

  private static RestoredRevision restored(
      io.troika.server.core.model.TransactionId id,
      List<BlobReference> stages,
      RestoredRecord record) {
    Oid oid = new Oid(record.getOid());
    BlobReference blob = record.hasBlob() ? BlobMessages.reference(id, record.getBlob()) : null;
    requireArgument(
        blob == null
            || record.getContentCase() == ContentCase.DATA
            || record.getContentCase() == ContentCase.STAGED,
        "oid %s: a blob without data",
        oid);
    return switch (record.getContentCase()) {
      case DATA -> new RestoredRevision(oid, bytes(record.getData()), null, blob);
      case DATA_TID -> new RestoredRevision(oid, null, tid("data_tid", record.getDataTid()));
      case STAGED ->
          new RestoredRevision(
              oid, null, null, blob, BlobMessages.staged(stages, record.getStaged()));
      case CONTENT_NOT_SET -> new RestoredRevision(oid, null, null);
    };
  }

  static ReadService.Freshness freshness(io.troika.api.v1.Freshness freshness) {
    return switch (freshness) {
      case LINEARIZABLE -> ReadService.Freshness.LINEARIZABLE;
      case SESSION -> ReadService.Freshness.SESSION;
      case FRESHNESS_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalArgumentException("freshness: expected LINEARIZABLE or SESSION");
    };
  }

  /** The same where the protocol lets it be left out. */
  static ReadService.Freshness freshnessOrSession(io.troika.api.v1.Freshness freshness) {
    return freshness == io.troika.api.v1.Freshness.FRESHNESS_UNSPECIFIED
        ? ReadService.Freshness.SESSION
        : freshness(freshness);
  }

  /** A limit of a request: 0 stands for the default. */
  static int limit(int asked, int byDefault, int max) {
    requireArgument(
        asked >= 0 && asked <= max,
        "limit %s: expected 1 to %s, or 0 for %s",
        Integer.toUnsignedString(asked),
        max,
        byDefault);
    return asked == 0 ? byDefault : asked;
  }
}
