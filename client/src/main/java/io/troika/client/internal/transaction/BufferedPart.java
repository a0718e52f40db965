package io.troika.client.internal.transaction;

import static io.troika.client.internal.Checks.requireState;

import io.troika.api.v1.StagedBlob;
import io.troika.client.Blob;
import io.troika.client.Bytes;
import io.troika.client.Oid;
import io.troika.client.Revision;
import io.troika.client.Tid;
import io.troika.client.TransactionId;
import io.troika.client.TransactionOptions;
import io.troika.client.TransactionPart;
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
 * What a transaction does in one storage: a view that is opened when first needed, the serials that
 * were read, and a write buffer. For one thread at a time; only the serials are also filled by
 * answers that come later.
 */
class BufferedPart implements TransactionPart {
  private final StoreParts parts;
  private final TransactionOptions options;
  private final long history;
  private final WriteBuffer buffer = new WriteBuffer();
  private final Map<Oid, Tid> serials = new ConcurrentHashMap<>();
  private @Nullable CompletableFuture<ViewStart> view;
  private final Progress progress;

  BufferedPart(StoreParts parts, TransactionOptions options, Progress progress) {
    this.parts = parts;
    this.options = options;
    this.progress = progress;
    this.history = parts.cache().history();
  }

  @Override
  public Tid tid() {
    progress.requireOpen();
    return Futures.await(view()).tid();
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
    progress.requireOpen();
    if (buffer.of(oid) == null && view().isDone() && !view().isCompletedExceptionally()) {
      Revision cached = parts.reader().cached(view().join(), oid);
      if (cached != null) {
        // Within a view it is always the same, and this way it takes no lock when read again.
        serials.putIfAbsent(oid, cached.serial());
        return cached.data();
      }
    }
    return TransactionPart.super.read(oid);
  }

  @Override
  public CompletableFuture<Bytes> readAsync(Oid oid) {
    return findAsync(oid).thenApply(found -> CachedView.dataOf(oid, found));
  }

  @Override
  public Optional<Revision> find(Oid oid) {
    return Futures.await(findInternally(oid));
  }

  @Override
  public CompletableFuture<Optional<Revision>> findAsync(Oid oid) {
    return Futures.onExecutor(findInternally(oid), parts.users());
  }

  private CompletableFuture<Optional<Revision>> findInternally(Oid oid) {
    progress.requireOpen();
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
    return Futures.await(readAllInternally(oids));
  }

  @Override
  public CompletableFuture<Map<Oid, Revision>> readAllAsync(Collection<Oid> oids) {
    return Futures.onExecutor(readAllInternally(oids), parts.users());
  }

  private CompletableFuture<Map<Oid, Revision>> readAllInternally(Collection<Oid> oids) {
    progress.requireOpen();
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
    progress.requireOpen();
    return parts.pages().stream(Futures.await(view()), from);
  }

  @Override
  public Oid create(Bytes data) {
    return Futures.await(createInternally(data));
  }

  @Override
  public CompletableFuture<Oid> createAsync(Bytes data) {
    return Futures.onExecutor(createInternally(data), parts.users());
  }

  private CompletableFuture<Oid> createInternally(Bytes data) {
    progress.requireOpen();
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
    progress.requireOpen();
    buffer.create(oid, data, null);
  }

  @Override
  public Oid write(Oid oid, Bytes data) {
    progress.requireOpen();
    buffer.write(oid, data, null);
    return oid;
  }

  @Override
  public Oid createBlob(Bytes data, InputStream blob) {
    StagedBlob staged = stage(blob);
    Oid oid = Futures.await(parts.oids().next());
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
    progress.requireOpen();
    return new BlobUploader(parts.calls(), progress.stagingId(), progress.nextBlob()).upload(blob);
  }

  @Override
  public Blob openBlob(Oid oid) {
    progress.requireOpen();
    requireState(!buffer.isChanged(oid), "oid %s: its blob can be read once it is committed", oid);
    return CachedView.openBlob(parts.calls(), oid, find(oid));
  }

  @Override
  public void delete(Oid oid) {
    progress.requireOpen();
    buffer.delete(oid);
  }

  @Override
  public void readCurrent(Oid oid) {
    progress.requireOpen();
    // Opened by the commit, it would see every change up to then, and nothing would be checked.
    var unused = view();
    buffer.readCurrent(oid);
  }

  @Override
  public void undo(Tid transaction) {
    progress.requireOpen();
    buffer.undo(transaction);
  }

  /** Whether a commit would change nothing here. */
  boolean changesNothing() {
    return buffer.isEmpty();
  }

  /** Whether a commit would check reads here. */
  boolean hasChecks() {
    return buffer.hasChecks();
  }

  /** The tid of the view, if it was opened. */
  CompletableFuture<Tid> readOnlyTid() {
    CompletableFuture<ViewStart> opened = view;
    return opened == null
        ? CompletableFuture.completedFuture(Tid.NONE)
        : opened.thenApply(ViewStart::tid);
  }

  /** Asks, together, for the serials of what is changed or checked here but was never read. */
  CompletableFuture<?> serialsKnown() {
    Set<Oid> unknown = buffer.needSerial();
    unknown.removeAll(serials.keySet());
    if (unknown.isEmpty()) {
      return CompletableFuture.completedFuture(Boolean.TRUE);
    }
    return view()
        .thenCompose(start -> parts.reader().serials(start, unknown))
        .thenAccept(
            found -> {
              for (Oid oid : unknown) {
                Tid serial = found.get(oid);
                if (serial != null) {
                  serials.put(oid, serial);
                } else if (buffer.isChanged(oid)) {
                  throw new UnknownObjectException(
                      oid, "oid " + oid + ": no such object to write or delete");
                }
              }
            });
  }

  /** What is to be committed; only when the {@link #serialsKnown serials are known}. */
  CommitCodec.Content content() {
    return new CommitCodec.Content(
        parts.name(),
        options.metadata(),
        buffer.reads(serials),
        buffer.writes(serials),
        buffer.deletes(serials),
        buffer.undos());
  }

  StoreParts parts() {
    return parts;
  }

  /** In which it was begun. */
  long history() {
    return history;
  }

  Progress progress() {
    return progress;
  }

  /** Nobody waits for it: what the cluster is not told to let go of expires. */
  void letGo(@Nullable TransactionId staged) {
    if (staged != null) {
      CompletableFuture<?> unused = parts.calls().abandon(staged);
    }
  }

  /** What it belongs to ends it. */
  @Override
  public void close() {}
}
