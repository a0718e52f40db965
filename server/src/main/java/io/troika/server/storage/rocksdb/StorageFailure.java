package io.troika.server.storage.rocksdb;

import io.troika.server.core.model.InvariantViolation;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** What RocksDB's exceptions mean to us. */
final class StorageFailure {
  /** Of the C library, which nobody has told another language. */
  private static final String EIO = "Input/output error";

  private StorageFailure() {}

  /**
   * Damage is a broken invariant: the node must stop. All else (no space, input/output) may pass
   * when somebody sees to the machine.
   */
  static RuntimeException of(String doing, RocksDBException cause) {
    if (isCorruption(cause)) {
      return new InvariantViolation(doing + ": damaged: " + cause.getMessage(), cause);
    }
    return new UncheckedIOException(asIoException(doing, cause));
  }

  static IOException asIoException(String doing, RocksDBException cause) {
    return new IOException(doing + ": " + cause.getMessage(), cause);
  }

  /**
   * Whether files can't be read, now or ever, as they were written: a checksum is wrong, or the
   * disk answers with an input/output error.
   */
  static boolean isDamage(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof RocksDBException rocks
          && (isCorruption(rocks) || String.valueOf(rocks.getMessage()).endsWith(EIO))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isCorruption(RocksDBException cause) {
    Status status = cause.getStatus();
    return status != null && status.getCode() == Status.Code.Corruption;
  }
}
