package io.troika.server.log;

import static io.troika.server.log.ByteWriter.TRANSACTION_ID_BYTES;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.StorageChange.DropStorage;
import io.troika.server.core.command.StorageChange.RenameStorage;
import io.troika.server.core.command.StorageChange.ReplaceStorage;
import io.troika.server.core.command.StorageChange.SetQuota;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;

/**
 * Commands about whole storages, as {@link CommandCodec} frames them.
 *
 * <pre>{@code
 * 55 replace  id, storage 4, epoch 8, newest 8, by 4, its last tid 8, horizon 8, candidate 8, metadata
 * 56 drop     storage 4, epoch 8
 * 57 rename   storage 4, length 4, name in UTF-8
 * 65 quota    storage 4, bytes 8
 * }</pre>
 */
final class StorageCommandCodec {
  private static final int REPLACE = 55;
  private static final int DROP = 56;
  private static final int RENAME = 57;
  private static final int QUOTA = 65;

  private static final int REPLACE_FIXED_BYTES =
      TRANSACTION_ID_BYTES + 2 * Integer.BYTES + 5 * Long.BYTES;

  private StorageCommandCodec() {}

  static int kind(Command command) {
    if (command instanceof ReplaceStorage) {
      return REPLACE;
    } else if (command instanceof DropStorage) {
      return DROP;
    } else if (command instanceof RenameStorage) {
      return RENAME;
    } else if (command instanceof SetQuota) {
      return QUOTA;
    }
    throw new AssertionError("a command without a format: " + command.getClass());
  }

  static long bodySize(Command command) {
    if (command instanceof ReplaceStorage replace) {
      return REPLACE_FIXED_BYTES + (long) ByteWriter.sizeOfMetadata(replace.metadata());
    } else if (command instanceof DropStorage || command instanceof SetQuota) {
      return Integer.BYTES + (long) Long.BYTES;
    } else if (command instanceof RenameStorage rename) {
      return Integer.BYTES + (long) ByteWriter.sizeOfBytes32(ByteWriter.text(rename.name()));
    }
    throw new AssertionError("a command without a format: " + command.getClass());
  }

  static void write(ByteWriter writer, Command command) {
    if (command instanceof ReplaceStorage replace) {
      writer.transactionId(replace.id()).storage(replace.storage()).i64(replace.epoch());
      writer.tid(replace.newestMax()).storage(replace.by()).tid(replace.byLastTid());
      writer.tid(replace.horizon()).tid(replace.candidate()).metadata(replace.metadata());
    } else if (command instanceof DropStorage drop) {
      writer.storage(drop.storage()).i64(drop.epoch());
    } else if (command instanceof RenameStorage rename) {
      writer.storage(rename.storage()).bytes32(ByteWriter.text(rename.name()));
    } else if (command instanceof SetQuota quota) {
      writer.storage(quota.storage()).i64(quota.quotaBytes());
    }
  }

  static Command read(int kind, ByteReader body) {
    return switch (kind) {
      case REPLACE -> readReplace(body);
      case DROP -> {
        StorageId storage = body.storage();
        yield new DropStorage(storage, body.i64());
      }
      case RENAME -> {
        StorageId storage = body.storage();
        yield new RenameStorage(storage, body.text());
      }
      case QUOTA -> {
        StorageId storage = body.storage();
        yield new SetQuota(storage, body.i64());
      }
      default -> throw body.unknown("this kind");
    };
  }

  private static ReplaceStorage readReplace(ByteReader body) {
    TransactionId id = body.transactionId();
    StorageId storage = body.storage();
    long epoch = body.i64();
    Tid newestMax = body.tid();
    StorageId by = body.storage();
    Tid byLastTid = body.tid();
    Tid horizon = body.tid();
    Tid candidate = body.tid();
    TransactionMetadata metadata = body.metadata();
    return new ReplaceStorage(
        id, storage, epoch, newestMax, by, byLastTid, horizon, candidate, metadata);
  }
}
