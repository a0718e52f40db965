package io.troika.client.internal.transaction;

import static io.troika.client.internal.Checks.requireState;

import io.troika.client.Blob;
import io.troika.client.Bytes;
import io.troika.client.Oid;
import io.troika.client.ReadView;
import io.troika.client.Revision;
import io.troika.client.Tid;
import io.troika.client.UnknownObjectException;
import io.troika.client.internal.Futures;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.stream.Stream;

/** A view that is open. Holds nothing on any node, so to close it is to forget it. */
final class CachedView implements ReadView {
  private final StoreReader reader;
  private final ObjectPages pages;
  private final Executor users;
  private final ViewStart start;
  private volatile boolean closed;

  CachedView(StoreReader reader, ObjectPages pages, Executor users, ViewStart start) {
    this.reader = reader;
    this.pages = pages;
    this.users = users;
    this.start = start;
  }

  @Override
  public Tid tid() {
    return start.tid();
  }

  @Override
  public Bytes read(Oid oid) {
    requireOpen();
    Revision cached = reader.cached(start, oid);
    return cached == null ? ReadView.super.read(oid) : cached.data();
  }

  @Override
  public CompletableFuture<Bytes> readAsync(Oid oid) {
    return findAsync(oid).thenApply(found -> dataOf(oid, found));
  }

  static Bytes dataOf(Oid oid, Optional<Revision> found) {
    return found
        .map(Revision::data)
        .orElseThrow(() -> new UnknownObjectException(oid, "oid " + oid + ": no such object"));
  }

  @Override
  public Optional<Revision> find(Oid oid) {
    requireOpen();
    return Futures.await(reader.find(start, oid));
  }

  @Override
  public CompletableFuture<Optional<Revision>> findAsync(Oid oid) {
    requireOpen();
    return Futures.onExecutor(reader.find(start, oid), users);
  }

  @Override
  public Map<Oid, Revision> readAll(Collection<Oid> oids) {
    requireOpen();
    return Futures.await(reader.findAll(start, oids));
  }

  @Override
  public CompletableFuture<Map<Oid, Revision>> readAllAsync(Collection<Oid> oids) {
    requireOpen();
    return Futures.onExecutor(reader.findAll(start, oids), users);
  }

  @Override
  public Stream<Oid> oids(Oid from) {
    requireOpen();
    return pages.stream(start, from);
  }

  @Override
  public Blob openBlob(Oid oid) {
    requireOpen();
    return openBlob(reader.calls(), oid, find(oid));
  }

  static Blob openBlob(StoreCalls calls, Oid oid, Optional<Revision> found) {
    Revision revision =
        found.orElseThrow(() -> new UnknownObjectException(oid, "oid " + oid + ": no such object"));
    return StoredBlob.open(calls, oid, revision.serial());
  }

  @Override
  public void close() {
    closed = true;
  }

  private void requireOpen() {
    requireState(!closed, "the read view at %s is closed", start.tid());
  }
}
