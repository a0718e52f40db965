package io.troika.server.cli.imports;

import io.troika.client.Tid;
import io.troika.server.cli.output.TransactionProgress;
import io.troika.server.filestorage.FileStorageReader;
import io.troika.server.filestorage.FileStorageSummary;
import io.troika.server.filestorage.FileTransaction;
import io.troika.server.filestorage.ReadSettings;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A {@code Data.fs} that was read to its end without its data, so that it is known before anything
 * is imported what of it will be. What the file grows by afterwards is not part of this.
 *
 * @param path of the file
 * @param summary what is in it, and what is left over behind its last whole transaction
 * @param before transactions up to and including the tid that was asked for
 * @param resumePosition where the transaction of that tid ends; negative: there is none
 * @param blobs that belong to it
 */
public record CheckedFile(
    Path path, FileStorageSummary summary, long before, long resumePosition, FileBlobs blobs) {
  private static final long NOT_MET = -1;

  /**
   * Reads it, without blobs.
   *
   * @param resumeAfter where an import would go on; {@link Tid#NONE}: at the start
   * @throws io.troika.server.filestorage.FileStorageException if it is no FileStorage, or damaged
   *     so that FileStorage would not open it
   */
  public static CheckedFile of(Path path, Tid resumeAfter, TransactionProgress progress)
      throws IOException {
    long before = 0;
    long resumePosition = NOT_MET;
    try (FileStorageReader reader = FileStorageReader.open(path, ReadSettings.DEFAULT)) {
      for (FileTransaction transaction = reader.nextTransaction();
          transaction != null;
          transaction = reader.nextTransaction()) {
        Tid tid = new Tid(transaction.tid().value());
        if (tid.compareTo(resumeAfter) <= 0) {
          before++;
          resumePosition = tid.equals(resumeAfter) ? transaction.end() : NOT_MET;
        }
        progress.advanced(transaction.end(), reader.fileSizeBytes());
      }
      return new CheckedFile(path, reader.summary(), before, resumePosition, FileBlobs.NONE);
    }
  }

  /** The same with blobs. */
  public CheckedFile with(FileBlobs itsBlobs) {
    return new CheckedFile(path, summary, before, resumePosition, itsBlobs);
  }

  /** Whether the file has a transaction of exactly the tid that was asked for. */
  boolean isResumable() {
    return resumePosition != NOT_MET;
  }

  /** The last transaction to import; {@link Tid#NONE} when there is none. */
  public Tid lastTid() {
    return new Tid(summary.lastTid().value());
  }

  /** Where that one ends. */
  public long endBytes() {
    return summary.end();
  }
}
