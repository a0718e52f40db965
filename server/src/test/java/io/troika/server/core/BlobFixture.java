package io.troika.server.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.Command.StageChunk;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.core.mvcc.BlobReads;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;

/** A core in memory whose storages get blobs by commands, for tests of them. */
abstract class BlobFixture {
  static final StorageId MAIN = new StorageId(1);
  static final StorageId OTHER = new StorageId(2);
  static final Oid A = new Oid(0xa);
  static final int CHUNK_BYTES = 4;
  static final long KEEP_MILLIS = 100;
  static final StageChunk.Terms TERMS = new StageChunk.Terms(KEEP_MILLIS, 1_000, 1_000);

  final MemoryRevisionStore store = new MemoryRevisionStore();
  final StorageCore core = new StorageCore(store, CommitListener.NONE);
  final BlobReads reads = new BlobReads(store);
  private long index;
  long timeMillis;

  @BeforeEach
  void createStorages() {
    apply(new CreateStorage("main", new UUID(1, 1)));
    apply(new CreateStorage("other", new UUID(1, 2)));
  }

  static StageChunk partOf(int transaction, int part, String text) {
    return new StageChunk(
        MAIN, new BlobId(id(transaction), part), CHUNK_BYTES, 0, Bytes.utf8(text), TERMS);
  }

  Outcome stage(int transaction, long offset, String text) {
    return apply(chunk(transaction, offset, text, TERMS));
  }

  static StageChunk chunk(int transaction, long offset, String text, StageChunk.Terms terms) {
    return chunkOf(MAIN, transaction, offset, text, terms);
  }

  static StageChunk chunkOf(
      StorageId storage, int transaction, long offset, String text, StageChunk.Terms terms) {
    return new StageChunk(
        storage, blobId(transaction), CHUNK_BYTES, offset, Bytes.utf8(text), terms);
  }

  Outcome commit(int transaction, long candidate, BlobReference blob) {
    return apply(write(transaction, candidate, blob));
  }

  CommitTransaction write(int transaction, long candidate, BlobReference blob) {
    List<Oid> known = store.oids(MAIN, A, 1);
    Tid serial = known.isEmpty() ? Tid.NONE : store.history(MAIN, A, Tid.MAX, 1).get(0).tid();
    return transaction(
        transaction,
        candidate,
        List.of(new Write(A, serial, Bytes.utf8("record"), blob)),
        List.of());
  }

  static CommitTransaction transaction(
      int transaction, long candidate, List<Write> writes, List<Tid> undos) {
    return new CommitTransaction(
        id(transaction),
        MAIN,
        new Tid(candidate),
        TransactionMetadata.EMPTY,
        List.of(),
        writes,
        List.of(),
        undos);
  }

  String textAt(long tid) {
    @Nullable BlobReference blob = reads.at(MAIN, A, new Tid(tid));
    assertThat(blob).isNotNull();
    StringBuilder text = new StringBuilder();
    while (blob != null && text.length() < blob.length()) {
      @Nullable Bytes next = reads.read(MAIN, blob, text.length(), CHUNK_BYTES);
      assertThat(next).isNotNull();
      text.append(next == null ? "" : next.toUtf8());
    }
    return text.toString();
  }

  Outcome apply(Command command) {
    return applyAll(command).get(0);
  }

  List<Outcome> applyAll(Command... commands) {
    return core.apply(
        new LogPosition(1, index++),
        new LogEntry(timeMillis, 1_000_000, new ArrayList<>(List.of(commands))));
  }

  static void assertRejected(Outcome outcome, Reason reason) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Rejected.class, rejected -> assertThat(rejected.reason()).isEqualTo(reason));
  }

  static BlobReference blob(int transaction, String... chunks) {
    BlobReference blob = BlobReference.empty(blobId(transaction), CHUNK_BYTES);
    for (String chunk : chunks) {
      blob = blob.with(Bytes.utf8(chunk));
    }
    return blob;
  }

  static BlobKey key(int transaction) {
    return new BlobKey(MAIN, blobId(transaction));
  }

  static BlobId blobId(int transaction) {
    return new BlobId(id(transaction), 0);
  }

  static TransactionId id(int sequence) {
    return new TransactionId(new UUID(0, 1), sequence);
  }
}
