package io.troika.server.core.command;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.core.model.AccessGrant;
import io.troika.server.core.model.AccessKey;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a log entry asks of the core. All that is random or timed (ids, tid candidates) was chosen
 * before replication, so that applying is a function of the log alone.
 */
public sealed interface Command
    permits Command.CommitTransaction,
        Command.CommitTogether,
        Command.StageChunk,
        Command.RestoreTransactions,
        Command.AbandonTransaction,
        Command.AllocateOids,
        Command.CreateStorage,
        Command.ChangeAccess,
        Command.NoOperation,
        GroupChange,
        PackWork,
        StorageChange {

  /**
   * Commit one transaction of one storage, or answer why not. Applied in this order: {@code reads}
   * are checked, then {@code writes} and {@code deletes} against the committed serials, then {@code
   * undos} are planned (on top of the writes). An oid may occur once in writes and deletes
   * together.
   *
   * @param id the same id again gives the recorded outcome and changes nothing
   * @param candidate the tid that the leader proposes; the transaction gets {@code max(candidate,
   *     last tid + 1)}
   * @param reads the serial each of these objects must still have (ZODB's readCurrent); {@link
   *     Tid#NONE} says that it must not exist
   * @param undos tids of transactions of this storage to undo, newest first
   * @param stages where the data of writes is that was staged ahead, each to its end
   */
  record CommitTransaction(
      TransactionId id,
      StorageId storage,
      Tid candidate,
      TransactionMetadata metadata,
      List<ReadCheck> reads,
      List<Write> writes,
      List<Delete> deletes,
      List<Tid> undos,
      List<BlobReference> stages)
      implements Command {
    /** With all data in it. */
    public CommitTransaction(
        TransactionId id,
        StorageId storage,
        Tid candidate,
        TransactionMetadata metadata,
        List<ReadCheck> reads,
        List<Write> writes,
        List<Delete> deletes,
        List<Tid> undos) {
      this(id, storage, candidate, metadata, reads, writes, deletes, undos, List.of());
    }

    public CommitTransaction {
      reads = List.copyOf(reads);
      writes = List.copyOf(writes);
      deletes = List.copyOf(deletes);
      undos = List.copyOf(undos);
      stages = List.copyOf(stages);
      Stages.requireValid(id, stages, writes);
    }

    /** Whether it checks reads, and changes nothing. */
    public boolean onlyChecks() {
      return writes.isEmpty() && deletes.isEmpty() && undos.isEmpty();
    }
  }

  /**
   * Commit one transaction over several storages: in all of them or, if one refuses its share, in
   * none. It gets one tid, {@code max(candidate, last tid of each storage + 1)}, so it is known by
   * the same one wherever it is looked for. A storage of which it only checks reads gets no
   * transaction.
   *
   * @param shares 2 to {@link #STORAGES_MAX}, by ascending storage
   */
  record CommitTogether(
      TransactionId id, Tid candidate, TransactionMetadata metadata, List<Share> shares)
      implements Command {
    public static final int STORAGES_MAX = 16;

    public CommitTogether {
      shares = List.copyOf(shares);
      requireArgument(
          shares.size() >= 2 && shares.size() <= STORAGES_MAX,
          "a transaction over %s storages: expected 2 to %s",
          shares.size(),
          STORAGES_MAX);
      for (int i = 1; i < shares.size(); i++) {
        requireArgument(
            shares.get(i - 1).storage().compareTo(shares.get(i).storage()) < 0,
            "%s after %s: expected each storage once, ascending",
            shares.get(i).storage(),
            shares.get(i - 1).storage());
      }
      for (Share share : shares) {
        Stages.requireOf(id, share.stages());
      }
    }

    /** What it does in each storage, as a transaction of that storage alone. */
    public List<CommitTransaction> commits() {
      return shares.stream()
          .map(
              share ->
                  new CommitTransaction(
                      id,
                      share.storage(),
                      candidate,
                      metadata,
                      share.reads(),
                      share.writes(),
                      share.deletes(),
                      share.undos(),
                      share.stages()))
          .toList();
    }

    /** Whether data of it was staged ahead. */
    public boolean isStaged() {
      return shares.stream().anyMatch(share -> !share.stages().isEmpty());
    }
  }

  /**
   * What a transaction does in one of its storages; see {@link CommitTransaction}.
   *
   * @param stages where the data of writes is that was staged ahead in this storage, under the id
   *     of the transaction, each to its end
   */
  record Share(
      StorageId storage,
      List<ReadCheck> reads,
      List<Write> writes,
      List<Delete> deletes,
      List<Tid> undos,
      List<BlobReference> stages) {
    /** With all data in it. */
    public Share(
        StorageId storage,
        List<ReadCheck> reads,
        List<Write> writes,
        List<Delete> deletes,
        List<Tid> undos) {
      this(storage, reads, writes, deletes, undos, List.of());
    }

    public Share {
      reads = List.copyOf(reads);
      writes = List.copyOf(writes);
      deletes = List.copyOf(deletes);
      undos = List.copyOf(undos);
      stages = List.copyOf(stages);
      Stages.requireWithin(stages, writes);
    }
  }

  /**
   * An object that must still be at {@code serial} when the transaction commits; {@link Tid#NONE}:
   * it must not exist.
   */
  record ReadCheck(Oid oid, Tid serial) {}

  /**
   * New data for an object.
   *
   * @param serial the serial of the revision that the writer started from; {@link Tid#NONE} for a
   *     new object. A write to an oid that was never stored is taken with any serial, as ZODB does
   * @param data null if it was staged
   * @param blob the blob that comes with the data, staged for this transaction to its end, or null
   * @param staged where the data is if it was staged for this transaction
   */
  record Write(
      Oid oid,
      Tid serial,
      @Nullable Bytes data,
      @Nullable BlobReference blob,
      @Nullable StagedData staged) {
    public Write {
      requireArgument((data == null) != (staged == null), "oid %s: data once, please", oid);
    }

    /** With its data. */
    public Write(Oid oid, Tid serial, Bytes data, @Nullable BlobReference blob) {
      this(oid, serial, data, blob, null);
    }

    /** Without a blob. */
    public Write(Oid oid, Tid serial, Bytes data) {
      this(oid, serial, data, null);
    }

    /** The size of the data, wherever it is. */
    public int dataBytes() {
      return Stages.dataBytes(data, staged);
    }
  }

  /**
   * Keep a chunk of a blob until the transaction commits, or for a while. A chunk that is sent
   * again changes nothing; one that would leave a gap is not taken, the outcome says how far the
   * blob is.
   *
   * @param blob names the transaction that is going to commit it
   * @param chunkBytes the size of all chunks of the blob but the last
   * @param offset where in the blob the chunk begins: a multiple of {@code chunkBytes}
   * @param data at most {@code chunkBytes}; fewer end the blob; none at 0 makes an empty blob
   */
  record StageChunk(
      StorageId storage, BlobId blob, int chunkBytes, long offset, Bytes data, Terms terms)
      implements Command {
    public StageChunk {
      requireValid(chunkBytes, offset, data);
    }

    /** Throws {@link IllegalArgumentException} if there can be no such chunk. */
    public static void requireValid(int chunkBytes, long offset, Bytes data) {
      requireArgument(
          chunkBytes >= 1 && chunkBytes <= BlobReference.CHUNK_BYTES_MAX,
          "chunks of %s bytes: expected 1 to %s",
          chunkBytes,
          BlobReference.CHUNK_BYTES_MAX);
      requireArgument(
          offset >= 0
              && offset % chunkBytes == 0
              && offset / chunkBytes < Integer.MAX_VALUE
              && offset <= Long.MAX_VALUE - BlobReference.CHUNK_BYTES_MAX,
          "a chunk at %s: expected a multiple of %s",
          offset,
          chunkBytes);
      requireArgument(
          data.size() <= chunkBytes && (offset == 0 || !data.isEmpty()),
          "a chunk of %s bytes at %s: expected 1 to %s",
          data.size(),
          offset,
          chunkBytes);
    }

    /** The number of the chunk, from 0. */
    public int chunk() {
      return (int) (offset / chunkBytes);
    }

    public boolean isEmpty() {
      return data.isEmpty();
    }

    /**
     * What whoever proposes it allows; in the command because settings may differ between nodes.
     *
     * @param keepMillis how long the blob is kept from this chunk on, by log time, uncommitted
     * @param storageBytesMax how much may be staged in the storage, this included
     * @param groupBytesMax how much may be staged in all
     */
    public record Terms(long keepMillis, long storageBytesMax, long groupBytesMax) {
      public Terms {
        requireArgument(keepMillis >= 1, "staged for %s ms: expected 1 or more", keepMillis);
      }
    }
  }

  /**
   * The end of an object that is current at {@code serial}. Of an oid that was never stored, it is
   * rejected.
   */
  record Delete(Oid oid, Tid serial) {}

  /**
   * Copy transactions that were committed elsewhere, keeping their tids; no serial is checked
   * (IStorageRestoreable). All of them or, if one is rejected, none; the outcome is one for all:
   * committed at the last tid, or the first rejection.
   *
   * @param transactions 1 or more, in tid order
   * @param stages where the data of records is that was staged ahead, each to its end
   */
  record RestoreTransactions(
      TransactionId id,
      StorageId storage,
      List<RestoredTransaction> transactions,
      List<BlobReference> stages)
      implements Command {
    /** With all data in it. */
    public RestoreTransactions(
        TransactionId id, StorageId storage, List<RestoredTransaction> transactions) {
      this(id, storage, transactions, List.of());
    }

    public RestoreTransactions {
      transactions = List.copyOf(transactions);
      stages = List.copyOf(stages);
      requireArgument(!transactions.isEmpty(), "transactions to restore: expected 1 or more");
      Stages.requireOf(id, stages);
      for (RestoredTransaction transaction : transactions) {
        for (RestoredRevision revision : transaction.revisions()) {
          Stages.requireNamed(stages, revision.oid(), revision.staged());
          Stages.requireNoStage(stages, revision.oid(), revision.blob());
        }
      }
    }
  }

  /**
   * One of them.
   *
   * @param tid must be greater than the last tid of the storage, else the outcome is a rejection
   */
  record RestoredTransaction(
      Tid tid, char status, TransactionMetadata metadata, List<RestoredRevision> revisions) {
    public RestoredTransaction {
      revisions = List.copyOf(revisions);
    }
  }

  /**
   * One object of a restored transaction: with data, or sharing that of {@code dataTid}, or, with
   * neither, absent from this transaction on.
   *
   * @param blob the blob that comes with the data, staged under the id of the command, or null;
   *     where data is shared, its blob is too
   * @param staged where the data is if it was staged under the id of the command
   */
  record RestoredRevision(
      Oid oid,
      @Nullable Bytes data,
      @Nullable Tid dataTid,
      @Nullable BlobReference blob,
      @Nullable StagedData staged) {
    /** With its data, if it has any of its own. */
    public RestoredRevision(
        Oid oid, @Nullable Bytes data, @Nullable Tid dataTid, @Nullable BlobReference blob) {
      this(oid, data, dataTid, blob, null);
    }

    /** Without a blob of its own. */
    public RestoredRevision(Oid oid, @Nullable Bytes data, @Nullable Tid dataTid) {
      this(oid, data, dataTid, null);
    }

    public RestoredRevision {
      requireArgument(
          blob == null || data != null || staged != null, "oid %s: a blob without data", oid);
      int given = (data == null ? 0 : 1) + (dataTid == null ? 0 : 1) + (staged == null ? 0 : 1);
      requireArgument(given <= 1, "oid %s: data, a stage and a data tid exclude each other", oid);
    }

    /** The size of the data that it brings, wherever it is. */
    public int dataBytes() {
      return Stages.dataBytes(data, staged);
    }
  }

  /**
   * Record that a transaction will not be committed, unless it already has an outcome. Whoever lost
   * the answer to a commit learns by it for certain what became of it: a copy that arrives later is
   * refused.
   */
  record AbandonTransaction(TransactionId id) implements Command {}

  /**
   * Take a block of oids nobody will be given again.
   *
   * @param count 1 to {@link #COUNT_MAX}
   */
  record AllocateOids(StorageId storage, int count) implements Command {
    public static final int COUNT_MAX = 1_000_000;

    public AllocateOids {
      requireArgument(
          count >= 1 && count <= COUNT_MAX,
          "oid block of %s: expected 1 to %s oids",
          count,
          COUNT_MAX);
    }
  }

  /**
   * Create an empty storage, or answer the existing one of that name.
   *
   * @param name 1 to {@link StorageState#NAME_LENGTH_MAX} characters
   */
  record CreateStorage(String name, UUID uuid) implements Command {
    public CreateStorage {
      StorageState.requireName(name);
    }
  }

  /**
   * Say what a token or a certificate may do from now on.
   *
   * @param grant with {@code key} for its key; null: nothing any more. One that names another
   *     secret than the key has is rejected
   */
  record ChangeAccess(AccessKey key, @Nullable AccessGrant grant) implements Command {
    public ChangeAccess {
      requireArgument(
          grant == null || grant.key().equals(key), "%s: the grant is for another", key);
    }
  }

  /** Changes nothing; moves the log on. */
  record NoOperation() implements Command {}
}
