package io.troika.server.core.digest;

import static io.troika.server.core.model.Checks.requireArgument;
import static java.util.Objects.requireNonNull;

import io.troika.server.core.ChangeSet.ExpiringOutcome;
import io.troika.server.core.RevisionReader;
import io.troika.server.core.model.AccessGrant;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.GroupCatalog;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.core.model.GroupState;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.RevisionHead;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.core.mvcc.ObjectReads;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Digests of a replica's state, equal on replicas that show the same state, whatever store they
 * keep it in and however that store shares data between revisions.
 *
 * <p>Walks everything, in memory bounded by {@value #REVISIONS_CHUNK} revisions. Safe for any
 * thread.
 */
public final class ReplicaDigest {
  private static final int OIDS_CHUNK = 1024;
  private static final int REVISIONS_CHUNK = 4; // each up to a log entry's size
  private static final int TRANSACTIONS_CHUNK = 64; // each up to some 200 KB
  private static final int OUTCOMES_CHUNK = 1024;
  private static final long HEADS_BYTES_CHUNK = 8 << 20;

  private final RevisionReader reader;
  private final ObjectReads reads;

  public ReplicaDigest(RevisionReader reader) {
    this.reader = reader;
    this.reads = new ObjectReads(reader);
  }

  /**
   * The digest (SHA-256, 32 bytes) of a storage's identity and of all that its transactions up to
   * and including {@code upTo} wrote; of a packed storage, of all that can be seen at its horizon
   * and later. May run while later transactions are applied, and while old revisions are removed;
   * removal of garbage shows.
   *
   * @throws IllegalArgumentException if there is no such storage or {@code upTo} is not applied yet
   */
  public Bytes storage(StorageId storage, Tid upTo) {
    Tid packTid = known(storage).packTid();
    while (true) {
      Bytes digest = storage(storage, packTid, upTo);
      Tid now = known(storage).packTid();
      if (now.equals(packTid)) {
        return digest;
      }
      packTid = now; // A pack began meanwhile: what it takes may have been missed.
    }
  }

  private StorageState known(StorageId storage) {
    StorageState state = reader.storage(storage);
    if (state == null) {
      throw new IllegalArgumentException(storage + ": unknown");
    }
    return state;
  }

  private Bytes storage(StorageId storage, Tid packTid, Tid upTo) {
    StorageState state = known(storage);
    requireArgument(
        upTo.compareTo(state.lastTid()) <= 0,
        "%s: digest up to %s asked for, the last transaction is %s",
        storage,
        upTo,
        state.lastTid());
    DigestStream digest = new DigestStream();
    digest.put(state.name()).put(state.uuid()).put(state.epoch()).put(upTo.value());
    digest.put(packTid.value());
    putTransactions(digest, storage, packTid, upTo);
    putObjects(digest, storage, packTid, upTo);
    return digest.sha256();
  }

  private void putTransactions(DigestStream digest, StorageId storage, Tid first, Tid upTo) {
    Tid after = first;
    while (true) {
      List<TransactionRecord> chunk = reader.transactions(storage, after, upTo, TRANSACTIONS_CHUNK);
      for (TransactionRecord transaction : chunk) {
        put(digest, transaction);
        after = transaction.tid();
      }
      if (chunk.size() < TRANSACTIONS_CHUNK) {
        return;
      }
    }
  }

  private static void put(DigestStream digest, TransactionRecord transaction) {
    digest.put(transaction.tid().value()).put(transaction.status());
    digest
        .put(transaction.metadata().user())
        .put(transaction.metadata().description())
        .put(transaction.metadata().extension());
    put(digest, transaction.id());
    digest.put(transaction.oids().size());
    for (Oid oid : transaction.oids()) {
      digest.put(oid.value());
    }
  }

  static void put(DigestStream digest, TransactionId id) {
    digest.put(id.client()).put(id.sequence());
  }

  private void putObjects(DigestStream digest, StorageId storage, Tid packTid, Tid upTo) {
    @Nullable Oid from = Oid.ROOT;
    while (from != null) {
      List<Oid> chunk = reader.oids(storage, from, OIDS_CHUNK);
      for (Oid oid : chunk) {
        putHistory(digest, storage, oid, packTid, upTo);
      }
      Oid last = chunk.size() < OIDS_CHUNK ? Oid.MAX : chunk.get(chunk.size() - 1);
      from = last.equals(Oid.MAX) ? null : last.next();
    }
  }

  /** Down to the newest revision that the pack keeps for the horizon, unless it is absent. */
  private void putHistory(DigestStream digest, StorageId storage, Oid oid, Tid packTid, Tid upTo) {
    Tid before = new Tid(upTo.value() + 1);
    while (true) {
      List<StoredRevision> chunk = reader.history(storage, oid, before, REVISIONS_CHUNK);
      for (StoredRevision revision : chunk) {
        boolean base = revision.tid().compareTo(packTid) <= 0;
        if (base && revision.isAbsent()) {
          return;
        }
        digest.put(oid.value()).put(revision.tid().value()).put(revision.isAbsent() ? 0 : 1);
        if (!revision.isAbsent()) {
          StoredRevision origin = reads.origin(storage, revision);
          digest.put(requireNonNull(origin.data()));
          @Nullable BlobReference blob = origin.blob();
          if (blob != null) {
            digest.put(blob.length()).put(blob.chunkBytes()).put(blob.digest());
          }
        }
        if (base) {
          return;
        }
        before = revision.tid();
      }
      if (chunk.size() < REVISIONS_CHUNK) {
        return;
      }
    }
  }

  /**
   * The digest of everything: the group, all storages with their histories and counts, the
   * remembered outcomes, the blobs, who may do what, which groups there are.
   *
   * @throws IllegalStateException if an entry was applied meanwhile: take it on the applying thread
   *     or on a state that stands still
   */
  public GroupDigest group() {
    GroupState group = reader.group();
    DigestStream digest = new DigestStream();
    digest.put(group.applied().term()).put(group.applied().index());
    digest.put(group.nextStorageId()).put(group.logTimeMillis());
    for (StorageState state : reader.storages()) {
      put(digest, state);
      digest.put(storage(state.id(), state.lastTid()));
      putPacked(digest, state);
    }
    putOutcomes(digest);
    putBlobs(digest);
    reader.access().grants().forEach(grant -> put(digest, grant));
    put(digest, reader.catalog());
    if (!reader.group().equals(group)) {
      throw new IllegalStateException(
          "entries were applied while the digest was taken at " + group.applied());
    }
    return new GroupDigest(group.applied(), digest.sha256());
  }

  private static void put(DigestStream digest, StorageState state) {
    digest.put(state.id().value()).put(state.lastTid().value()).put(state.nextOid().value());
    digest.put(state.packTid().value()).put(state.objectCount());
    digest.put(state.transactionCount()).put(state.dataBytes());
    digest.put(state.epochTid().value()).put(state.place().value());
    digest.put(state.blobBytes()).put(state.quotaBytes());
  }

  /** What is still there of the past, and how far the pack is. */
  private void putPacked(DigestStream digest, StorageState state) {
    PackState pack = reader.pack(state.id());
    if (pack == null) {
      return;
    }
    digest.put(pack.asked().value()).put(pack.horizon().value()).put(pack.collectGarbage() ? 1 : 0);
    digest.put(pack.phase().name()).put(pack.oid().value()).put(pack.tid().value());
    PackState.Removed removed = pack.removed();
    digest.put(removed.revisions()).put(removed.objects());
    digest.put(removed.transactions()).put(removed.bytes()).put(pack.problem());
    putTransactions(digest, state.id(), Tid.NONE, state.packTid());
    Oid oid = Oid.ROOT;
    Tid before = Tid.MAX;
    while (true) {
      List<RevisionHead> chunk =
          reader.heads(state.id(), oid, before, OIDS_CHUNK, HEADS_BYTES_CHUNK);
      for (RevisionHead head : chunk) {
        digest.put(head.oid().value()).put(head.tid().value());
        oid = head.oid();
        before = head.tid();
      }
      if (chunk.isEmpty()) {
        return;
      }
    }
  }

  private void putBlobs(DigestStream digest) {
    reader.stagedBlobs().forEach(each -> put(digest, each));
    @Nullable BlobKey after = null;
    while (true) {
      List<BlobState> chunk = reader.blobs(after, OUTCOMES_CHUNK);
      for (BlobState each : chunk) {
        put(digest, each);
        after = each.key();
      }
      if (chunk.size() < OUTCOMES_CHUNK) {
        return;
      }
    }
  }

  private static void put(DigestStream digest, BlobState blob) {
    digest.put(blob.storage().value());
    put(digest, blob.content().id().transaction());
    digest.put(blob.content().id().part()).put(blob.content().length());
    digest.put(blob.content().chunkBytes()).put(blob.content().digest());
    digest.put(blob.references()).put(blob.expiresMillis());
  }

  private static void put(DigestStream digest, GroupCatalog catalog) {
    for (GroupInfo group : catalog.groups()) {
      digest.put(group.name()).put(group.uuid().toString()).put(group.createdIndex());
      digest.put(group.members().size());
      group
          .members()
          .forEach(
              member ->
                  digest
                      .put(member.nodeId())
                      .put(member.raft())
                      .put(member.peer())
                      .put(member.client()));
    }
    catalog.placements().forEach((storage, group) -> digest.put(storage).put(group));
    catalog.dropped().forEach(digest::put);
    if (catalog.sealed()) {
      digest.put("sealed");
    }
    if (catalog.cluster() != null) {
      digest.put(catalog.cluster().toString());
    }
  }

  private static void put(DigestStream digest, AccessGrant grant) {
    digest.put(grant.key().kind().name()).put(grant.key().name());
    digest.put(grant.permissions().size());
    grant.permissions().forEach(permission -> digest.put(permission.name()));
    digest.put(grant.storages().size());
    grant.storages().forEach(digest::put);
    digest.put(grant.expiresMillis()).put(grant.secretHash());
  }

  private void putOutcomes(DigestStream digest) {
    @Nullable TransactionId after = null;
    while (true) {
      List<ExpiringOutcome> chunk = reader.outcomes(after, OUTCOMES_CHUNK);
      for (ExpiringOutcome each : chunk) {
        put(digest, each.id());
        digest.put(each.expiresMillis());
        OutcomeDigest.put(digest, each.outcome());
        after = each.id();
      }
      if (chunk.size() < OUTCOMES_CHUNK) {
        return;
      }
    }
  }
}
