package io.troika.client.internal.transaction;

import io.troika.api.v1.StagedBlob;
import io.troika.client.BlobSource;
import io.troika.client.RestoredTransaction;
import io.troika.client.RestoredTransaction.Change;
import io.troika.client.RestoredTransaction.Written;
import io.troika.client.Tid;
import io.troika.client.TransactionId;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Copies transactions: first their blobs, under the id of all of them, then what names them. */
final class Restorer {
  private Restorer() {}

  /** Sends the blobs on this thread, which it blocks; nobody waits for the rest. */
  static CompletableFuture<Tid> restore(
      StoreCalls calls, TransactionId id, List<RestoredTransaction> transactions) {
    List<StagedBlob> staged = new ArrayList<>();
    try {
      for (RestoredTransaction transaction : transactions) {
        for (Change change : transaction.changes()) {
          if (change instanceof Written written && written.blob().isPresent()) {
            staged.add(stage(calls, id, staged.size(), written.blob().get()));
          }
        }
      }
    } catch (RuntimeException e) {
      // Nobody waits for it: what the cluster is not told to let go of expires.
      CompletableFuture<?> unused = calls.abandon(id);
      throw e;
    }
    return calls.restore(id, transactions, staged);
  }

  private static StagedBlob stage(StoreCalls calls, TransactionId id, int part, BlobSource blob) {
    try (InputStream bytes = blob.open()) {
      return new BlobUploader(calls, id, part).upload(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException("a blob can't be read", e);
    }
  }
}
