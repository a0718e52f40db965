package io.troika.server.storage.rocksdb;

import io.troika.server.core.ChangeSet;
import io.troika.server.core.ChangeSet.ExpiringOutcome;
import io.troika.server.core.RevisionStore;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.AccessList;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.GroupCatalog;
import io.troika.server.core.model.GroupState;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.ObjectSerial;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.RevisionHead;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The state of one Raft group in a RocksDB database.
 *
 * <p>There is no write-ahead log. A change set is one batch over all column families, the applied
 * position in it; families are flushed together or not at all. So after a crash the database shows
 * the state after some earlier change set, {@link #flushedPosition} says which, and the Raft log is
 * replayed from there.
 *
 * <p>Safe for any thread. While the database is replaced, all others wait; after {@link #close}
 * they fail with IllegalStateException ({@link StoreInUse}).
 *
 * <p>Failures: {@link io.troika.server.core.model.InvariantViolation} for damaged files, {@link
 * java.io.UncheckedIOException} (or IOException) for a disk that is full or fails.
 */
public final class RocksRevisionStore implements RevisionStore {
  private final DatabaseDirectory directory;
  private final RocksResources resources;
  private final StoreInUse inUse;
  private final Object writer = new Object();
  private volatile LogPosition flushedTold;

  private RocksRevisionStore(DatabaseDirectory directory, RocksResources resources)
      throws IOException {
    this.directory = directory;
    this.resources = resources;
    OpenStore store = OpenStore.open(directory.live(), resources);
    this.flushedTold = store.flushedPosition();
    this.inUse = new StoreInUse(directory.toString(), store);
  }

  /**
   * Opens the store in {@code root}, which is created if need be, and finishes what a crash left
   * half done there.
   *
   * @param resources must stay open longer than the store
   * @throws IOException if the disk fails or the database is damaged
   * @throws io.troika.server.log.UnknownFormatException if a newer version of the server wrote it
   */
  public static RocksRevisionStore open(Path root, RocksResources resources) throws IOException {
    DatabaseDirectory directory = new DatabaseDirectory(root);
    directory.recover();
    return new RocksRevisionStore(directory, resources);
  }

  @Override
  public void write(ChangeSet changes) {
    inUse.with(
        store -> {
          synchronized (writer) {
            store.write(changes);
          }
          return true;
        });
  }

  /**
   * Makes all that was written before the call durable and waits for it.
   *
   * @return a position that is now durable: the one applied when the call began
   */
  public LogPosition flush() throws IOException {
    return inUse.withDisk(OpenStore::flush);
  }

  /**
   * The position that a crash now would leave: that of the last flush, asked for or in the
   * background. {@link LogPosition#NONE} before the first. Cheap, and never waits: while the store
   * is being replaced it is what was told last.
   */
  public LogPosition flushedPosition() {
    return inUse.withAtOnce(
        store -> {
          LogPosition now = store.flushedPosition();
          flushedTold = now;
          return now;
        },
        () -> flushedTold);
  }

  /**
   * Makes a durable copy in {@code target}, by hard links where the file system can, with a
   * manifest of sizes and checksums ({@link CheckpointManifest}). Writing stands still only for the
   * little that is not flushed yet.
   *
   * @param target must not exist, its parent must; on the file system of the store
   * @return the position of the copy
   */
  public LogPosition checkpoint(Path target) throws IOException {
    return inUse.withDisk(store -> Checkpoints.create(store, writer, target));
  }

  /**
   * Checks a checkpoint: format, files, sizes, checksums, and that the database inside opens and
   * stands where the manifest says. Changes nothing.
   *
   * @return its position
   * @throws IOException if it is damaged, incomplete or of an unknown format
   */
  public static LogPosition verifyCheckpoint(Path checkpoint) throws IOException {
    return Checkpoints.verify(checkpoint);
  }

  /** The position that a checkpoint's manifest names; the files are not looked at. */
  public static LogPosition readPosition(Path checkpoint) throws IOException {
    return CheckpointManifest.read(checkpoint).position();
  }

  /**
   * Replaces everything by a checkpoint, which is verified first and consumed. After a crash at any
   * point the next {@link #open} shows the old state or the new one, never a mixture. Others wait
   * meanwhile.
   *
   * <p>When this fails before the exchange, the old state goes on; when the new database does not
   * open, the store is closed.
   *
   * @param checkpoint on the file system of the store
   * @return the position of the new state
   */
  public LogPosition install(Path checkpoint) throws IOException {
    Checkpoints.prepareInstall(checkpoint);
    return inUse.replace(
        () -> {
          directory.replaceBy(checkpoint);
          return OpenStore.open(directory.live(), resources);
        });
  }

  /** Does what nobody else may use the store meanwhile for. */
  LogPosition alone(StoreInUse.Exchange exchange) throws IOException {
    return inUse.alone(exchange);
  }

  /**
   * Walks everything and checks what must hold, while reads and writes go on. Takes as long as
   * reading the whole database. Ends early with IllegalStateException when somebody waits to close
   * or replace the store.
   *
   * @throws io.troika.server.core.model.InvariantViolation naming the first faults found
   */
  public VerificationReport verify() {
    return inUse.withUnheard(
        store -> new StoreVerification(store, writer, this::requireNobodyWaitsToClose).run());
  }

  private void requireNobodyWaitsToClose() {
    if (inUse.isAwaited()) {
      throw new IllegalStateException("verification ends: the store is to be closed or replaced");
    }
  }

  /**
   * Completes when a read or a write meets a file that is damaged or can't be read, on the thread
   * that does; {@link #verify} tells of it by itself. What is damaged stays so: others have it
   * whole, so this replica should end.
   */
  public CompletableFuture<Throwable> whenDamaged() {
    return inUse.whenDamaged();
  }

  /** Bytes on disk, files that wait for deletion included. */
  public long diskBytes() throws IOException {
    return directory.sizeBytes();
  }

  /** How its database is doing. Cheap. */
  public RocksFigures figures() {
    return inUse.with(store -> store.database().figures());
  }

  @Override
  public @Nullable StoredRevision unreadBefore(StorageId storage, Oid oid, Tid before) {
    return inUse.withOrNull(store -> store.queries().newestBefore(storage, oid, before));
  }

  @Override
  public @Nullable StoredRevision unreadAt(StorageId storage, Oid oid, Tid tid) {
    return inUse.withOrNull(store -> store.queries().at(storage, oid, tid));
  }

  @Override
  public @Nullable StoredRevision newestBefore(StorageId storage, Oid oid, Tid before) {
    return inUse.withOrNull(store -> store.reads().newestBefore(storage, oid, before));
  }

  @Override
  public @Nullable StoredRevision at(StorageId storage, Oid oid, Tid tid) {
    return inUse.withOrNull(store -> store.reads().at(storage, oid, tid));
  }

  @Override
  public @Nullable Tid nextTid(StorageId storage, Oid oid, Tid tid) {
    return inUse.withOrNull(store -> store.queries().nextTid(storage, oid, tid));
  }

  @Override
  public Map<Oid, ObjectSerial> newestSerials(StorageId storage, List<Oid> oids) {
    return inUse.with(store -> store.queries().newestSerials(storage, oids));
  }

  @Override
  public List<StoredRevision> history(StorageId storage, Oid oid, Tid before, int limit) {
    return inUse.with(store -> store.reads().history(storage, oid, before, limit));
  }

  @Override
  public List<Oid> oids(StorageId storage, Oid from, int limit) {
    return inUse.with(store -> store.queries().oids(storage, from, limit));
  }

  @Override
  public List<RevisionHead> heads(
      StorageId storage, Oid from, Tid before, int limit, long bytesMax) {
    return inUse.with(store -> store.queries().heads(storage, from, before, limit, bytesMax));
  }

  @Override
  public @Nullable BlobState blob(BlobKey key) {
    return inUse.withOrNull(store -> store.blobs().blob(key));
  }

  @Override
  public @Nullable Bytes blobChunk(BlobKey key, int chunk) {
    return inUse.withOrNull(store -> store.blobs().chunk(key, chunk));
  }

  @Override
  public List<BlobState> stagedBlobs() {
    return inUse.with(store -> store.blobs().staged().all());
  }

  @Override
  public List<BlobState> blobs(@Nullable BlobKey after, int limit) {
    return inUse.with(store -> store.blobs().states(Family.BLOB_STATES, after, limit));
  }

  @Override
  public @Nullable PackState pack(StorageId storage) {
    return inUse.withOrNull(store -> store.queries().pack(storage));
  }

  @Override
  public @Nullable TransactionRecord transaction(StorageId storage, Tid tid) {
    return inUse.withOrNull(store -> store.queries().transaction(storage, tid));
  }

  @Override
  public List<TransactionRecord> transactions(StorageId storage, Tid after, Tid upTo, int limit) {
    return inUse.with(store -> store.queries().transactions(storage, after, upTo, limit));
  }

  @Override
  public List<TransactionRecord> transactionsBackwards(StorageId storage, Tid before, int limit) {
    return inUse.with(store -> store.queries().transactionsBackwards(storage, before, limit));
  }

  @Override
  public @Nullable TransactionOutcome outcome(TransactionId id) {
    return inUse.withOrNull(store -> store.outcome(id));
  }

  @Override
  public List<ExpiringOutcome> outcomes(@Nullable TransactionId after, int limit) {
    return inUse.with(store -> store.queries().outcomes(after, limit));
  }

  @Override
  public List<ExpiringOutcome> expiredOutcomes(long timeMillis, int limit) {
    return inUse.with(store -> store.expiredOutcomes(timeMillis, limit));
  }

  @Override
  public @Nullable StorageState storage(StorageId storage) {
    return inUse.withOrNull(store -> store.published().storage(storage));
  }

  @Override
  public List<StorageState> storages() {
    return inUse.with(store -> store.published().storages());
  }

  @Override
  public GroupCatalog catalog() {
    return inUse.with(store -> store.published().catalog());
  }

  @Override
  public AccessList access() {
    return inUse.with(store -> store.published().access());
  }

  @Override
  public GroupState group() {
    return inUse.with(store -> store.published().group());
  }

  /** Deletes a store that is closed; nothing happens if there is none. */
  public static void delete(Path directory) throws IOException {
    DurableFiles.deleteRecursively(directory);
  }

  /** Flushes what it can, but nothing depends on that: the Raft log has it. */
  @Override
  public void close() {
    inUse.close();
  }
}
