package io.troika.client.internal.transaction;

import static io.troika.client.internal.Checks.requireState;

import io.troika.api.v1.StagedBlob;
import io.troika.client.Blob;
import io.troika.client.Bytes;
import io.troika.client.CommitOutcomeUnknownException;
import io.troika.client.ConflictException;
import io.troika.client.Oid;
import io.troika.client.Revision;
import io.troika.client.Tid;
import io.troika.client.Transaction;
import io.troika.client.TransactionId;
import io.troika.client.TransactionOptions;
import io.troika.client.TroikaException;
import io.troika.client.UnknownObjectException;
import io.troika.client.internal.Futures;
import io.troika.client.internal.codec.CommitCodec;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A transaction: a view that is opened when first needed, the serials that were read, and a write
 * buffer. For one thread at a time; only the serials are also filled by answers that come later.
 */
final class BufferedTransaction implements Transaction {
  private final StoreParts parts;
  private final TransactionOptions options;
  private final long history;
  private final WriteBuffer buffer = new WriteBuffer();
  private final Map<Oid, Tid> serials = new ConcurrentHashMap<>();
  private @Nullable CompletableFuture<ViewStart> view;
  private volatile @Nullable TransactionId sent;
  private @Nullable TransactionId staging; // of the first commit, if blobs are staged for it
  private int blobCount;
  private volatile State state = State.OPEN;

  private enum State {
    OPEN("open"),
    COMMITTING("being committed"),
    COMMITTED("committed"),
    FAILED("ended by a failed commit"),
    ABORTED("aborted");

    private final String words;

    State(String words) {
      this.words = words;
    }
  }

  BufferedTransaction(StoreParts parts, TransactionOptions options) {
    this.parts = parts;
    this.options = options;
    this.history = parts.cache().history();
  }

  @Override
  public Tid tid() {
    requireOpen();
    return Futures.await(view(), CachedView::interrupted).tid();
  }

  private CompletableFuture<ViewStart> view() {
    CompletableFuture<ViewStart> opened = view;
    if (opened == null) {
      opened = parts.views().open(options.freshness().orElse(parts.settings().freshness()));
      view = opened;
    }
    return opened;
  }

  @Override
  public Bytes read(Oid oid) {
    requireOpen();
    if (buffer.of(oid) == null && view().isDone() && !view().isCompletedExceptionally()) {
      Revision cached = parts.reader().cached(view().join(), oid);
      if (cached != null) {
        // Within a view it is always the same, and this way it takes no lock when read again.
        serials.putIfAbsent(oid, cached.serial());
        return cached.data();
      }
    }
    return Transaction.super.read(oid);
  }

  @Override
  public CompletableFuture<Bytes> readAsync(Oid oid) {
    return findAsync(oid).thenApply(found -> CachedView.dataOf(oid, found));
  }

  @Override
  public Optional<Revision> find(Oid oid) {
    return Futures.await(findInternally(oid), CachedView::interrupted);
  }

  @Override
  public CompletableFuture<Optional<Revision>> findAsync(Oid oid) {
    return Futures.onExecutor(findInternally(oid), parts.users());
  }

  private CompletableFuture<Optional<Revision>> findInternally(Oid oid) {
    requireOpen();
    if (buffer.isChanged(oid)) {
      return CompletableFuture.completedFuture(ownChange(oid));
    }
    return view()
        .thenCompose(start -> parts.reader().find(start, oid))
        .thenApply(
            found -> {
              found.ifPresent(revision -> serials.put(oid, revision.serial()));
              return found;
            });
  }

  /** What this transaction made of the object; its serial is the one it started from, if known. */
  private Optional<Revision> ownChange(Oid oid) {
    WriteBuffer.Change change = buffer.of(oid);
    Tid serial = serials.getOrDefault(oid, Tid.NONE);
    if (change instanceof WriteBuffer.Created created) {
      return Optional.of(new Revision(oid, Tid.NONE, created.data()));
    }
    if (change instanceof WriteBuffer.Written written) {
      return Optional.of(new Revision(oid, serial, written.data()));
    }
    return Optional.empty();
  }

  @Override
  public Map<Oid, Revision> readAll(Collection<Oid> oids) {
    return Futures.await(readAllInternally(oids), CachedView::interrupted);
  }

  @Override
  public CompletableFuture<Map<Oid, Revision>> readAllAsync(Collection<Oid> oids) {
    return Futures.onExecutor(readAllInternally(oids), parts.users());
  }

  private CompletableFuture<Map<Oid, Revision>> readAllInternally(Collection<Oid> oids) {
    requireOpen();
    Map<Oid, Optional<Revision>> own = new HashMap<>();
    List<Oid> others = new ArrayList<>();
    for (Oid oid : oids) {
      if (buffer.isChanged(oid)) {
        own.put(oid, ownChange(oid));
      } else {
        others.add(oid);
      }
    }
    return view()
        .thenCompose(start -> parts.reader().findAll(start, others))
        .thenApply(
            found -> {
              found.forEach((oid, revision) -> serials.put(oid, revision.serial()));
              return together(oids, own, found);
            });
  }

  private static Map<Oid, Revision> together(
      Collection<Oid> oids, Map<Oid, Optional<Revision>> own, Map<Oid, Revision> found) {
    Map<Oid, Revision> ordered = new LinkedHashMap<>();
    for (Oid oid : oids) {
      Optional<Revision> revision = own.getOrDefault(oid, Optional.ofNullable(found.get(oid)));
      revision.ifPresent(value -> ordered.put(oid, value));
    }
    return ordered;
  }

  @Override
  public Stream<Oid> oids(Oid from) {
    requireOpen();
    return parts.pages().stream(Futures.await(view(), CachedView::interrupted), from);
  }

  @Override
  public Oid create(Bytes data) {
    return Futures.await(createInternally(data), CachedView::interrupted);
  }

  @Override
  public CompletableFuture<Oid> createAsync(Bytes data) {
    return Futures.onExecutor(createInternally(data), parts.users());
  }

  private CompletableFuture<Oid> createInternally(Bytes data) {
    requireOpen();
    return parts
        .oids()
        .next()
        .thenApply(
            oid -> {
              buffer.create(oid, data, null);
              return oid;
            });
  }

  @Override
  public void createAt(Oid oid, Bytes data) {
    requireOpen();
    buffer.create(oid, data, null);
  }

  @Override
  public Oid write(Oid oid, Bytes data) {
    requireOpen();
    buffer.write(oid, data, null);
    return oid;
  }

  @Override
  public Oid createBlob(Bytes data, InputStream blob) {
    StagedBlob staged = stage(blob);
    Oid oid = Futures.await(parts.oids().next(), CachedView::interrupted);
    buffer.create(oid, data, staged);
    return oid;
  }

  @Override
  public Oid writeBlob(Oid oid, Bytes data, InputStream blob) {
    buffer.write(oid, data, stage(blob));
    return oid;
  }

  /** Under the id with which the transaction will be sent. */
  private StagedBlob stage(InputStream blob) {
    requireOpen();
    TransactionId id = staging;
    if (id == null) {
      id = parts.ids().get();
      staging = id;
    }
    return new BlobUploader(parts.calls(), id, blobCount++).upload(blob);
  }

  @Override
  public Blob openBlob(Oid oid) {
    requireOpen();
    requireState(!buffer.isChanged(oid), "oid %s: its blob can be read once it is committed", oid);
    return CachedView.openBlob(parts.calls(), oid, find(oid));
  }

  @Override
  public void delete(Oid oid) {
    requireOpen();
    buffer.delete(oid);
  }

  @Override
  public void readCurrent(Oid oid) {
    requireOpen();
    buffer.readCurrent(oid);
  }

  @Override
  public void undo(Tid transaction) {
    requireOpen();
    buffer.undo(transaction);
  }

  @Override
  public Tid commit() {
    return Futures.await(commitInternally(), this::interruptedCommit);
  }

  @Override
  public CompletableFuture<Tid> commitAsync() {
    return Futures.onExecutor(commitInternally(), parts.users());
  }

  private TroikaException interruptedCommit() {
    TransactionId id = sent;
    return id == null
        ? CachedView.interrupted()
        : new CommitOutcomeUnknownException(
            "interrupted while committing; outcome of transaction " + id + " unknown", id, null);
  }

  /** Commits, whoever waits for it. */
  CompletableFuture<Tid> commitInternally() {
    requireOpen();
    state = State.COMMITTING;
    CompletableFuture<Tid> committed =
        buffer.isEmpty() ? readOnlyTid() : serialsKnown().thenCompose(ignored -> send());
    return committed.whenComplete(
        (tid, failure) -> {
          state = failure == null ? State.COMMITTED : State.FAILED;
          // A conflict may have been found before the transaction had an outcome.
          if (failure != null && Futures.reason(failure) instanceof ConflictException) {
            letGo(blobCount > 0 ? sent : null);
          }
        });
  }

  private CompletableFuture<Tid> readOnlyTid() {
    CompletableFuture<ViewStart> opened = view;
    return opened == null
        ? CompletableFuture.completedFuture(Tid.NONE)
        : opened.thenApply(ViewStart::tid);
  }

  /** Asks, together, for the serials of what is changed or checked here but was never read. */
  private CompletableFuture<?> serialsKnown() {
    Set<Oid> unknown = buffer.needSerial();
    unknown.removeAll(serials.keySet());
    if (unknown.isEmpty()) {
      return CompletableFuture.completedFuture(Boolean.TRUE);
    }
    return view()
        .thenCompose(start -> parts.reader().findAll(start, unknown))
        .thenAccept(
            found -> {
              for (Oid oid : unknown) {
                Revision revision = found.get(oid);
                if (revision != null) {
                  serials.put(oid, revision.serial());
                } else if (buffer.isChanged(oid)) {
                  throw new UnknownObjectException(
                      oid, "oid " + oid + ": no such object to write or delete");
                }
              }
            });
  }

  private CompletableFuture<Tid> send() {
    CommitCodec.Content content =
        new CommitCodec.Content(
            parts.name(),
            options.metadata(),
            buffer.reads(serials),
            buffer.writes(serials),
            buffer.deletes(serials),
            buffer.undos());
    return parts.committer().commit(history, content, this::nextId);
  }

  private TransactionId nextId() {
    TransactionId staged = staging;
    staging = null;
    TransactionId id = staged == null ? parts.ids().get() : staged;
    sent = id;
    return id;
  }

  @Override
  public void abort() {
    requireOpen();
    giveUp();
  }

  private void giveUp() {
    state = State.ABORTED;
    letGo(staging);
  }

  /** Nobody waits for it: what the cluster is not told to let go of expires. */
  private void letGo(@Nullable TransactionId staged) {
    if (staged != null) {
      CompletableFuture<?> unused = parts.calls().abandon(staged);
    }
  }

  @Override
  public void close() {
    if (state == State.OPEN) {
      giveUp();
    }
  }

  boolean isOpen() {
    return state == State.OPEN;
  }

  private void requireOpen() {
    State now = state;
    requireState(now == State.OPEN, "the transaction is %s already: begin another one", now.words);
  }
}
