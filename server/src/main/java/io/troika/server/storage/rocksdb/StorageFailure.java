package io.troika.server.storage.rocksdb;

import io.troika.server.core.model.InvariantViolation;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** What RocksDB's exceptions mean to us. */
final class StorageFailure {
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

  private static boolean isCorruption(RocksDBException cause) {
    Status status = cause.getStatus();
    return status != null && status.getCode() == Status.Code.Corruption;
  }
}
