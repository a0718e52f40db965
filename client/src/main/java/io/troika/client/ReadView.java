package io.troika.client;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * A storage as it was right after one transaction: exactly the transactions with a tid up to {@link
 * #tid()} are visible, whatever is committed meanwhile. May be shared between threads.
 *
 * <p>Reads come from the client's cache where it can prove what this view sees, else from a node. A
 * blocking read and its {@code Async} form are the same operation; the future completes on the
 * client's executor.
 *
 * <p>Every read may throw {@link UnavailableException} (no node answered in time), {@link
 * HistoryReplacedException}, {@link HistoryPackedException} (the view is older than the pack
 * horizon) and {@link BrokenException}; after {@link #close} {@link IllegalStateException}.
 */
public interface ReadView extends AutoCloseable {

  /** Everything up to and including this transaction is visible. */
  Tid tid();

  /**
   * The object's bytes.
   *
   * @throws UnknownObjectException if the view has no such object
   */
  default Bytes read(Oid oid) {
    return find(oid)
        .map(Revision::data)
        .orElseThrow(() -> new UnknownObjectException(oid, "oid " + oid + ": no such object"));
  }

  /**
   * The object's value.
   *
   * @throws UnknownObjectException if the view has no such object
   */
  default <T> T read(Oid oid, Codec<T> codec) {
    return codec.decode(read(oid));
  }

  /** As {@link #read(Oid)}. */
  CompletableFuture<Bytes> readAsync(Oid oid);

  /** The object, or empty if the view has none of that id. */
  Optional<Revision> find(Oid oid);

  /** As {@link #find}. */
  CompletableFuture<Optional<Revision>> findAsync(Oid oid);

  /**
   * Many objects with few round trips: those that the view has, in the order asked for. Those it
   * has not are left out.
   */
  Map<Oid, Revision> readAll(Collection<Oid> oids);

  /** As {@link #readAll}. */
  CompletableFuture<Map<Oid, Revision>> readAllAsync(Collection<Oid> oids);

  /**
   * The ids of all objects of the view from {@code from} on, ascending, asked for by the page as
   * the stream goes on. Objects that this transaction creates are not among them.
   */
  Stream<Oid> oids(Oid from);

  /**
   * The blob of the object, as the view sees it. Asks a node what it is; its bytes are read when
   * they are streamed.
   *
   * @throws UnknownObjectException if the view has no such object
   * @throws UnknownBlobException if the object has no blob
   */
  Blob openBlob(Oid oid);

  /** Ends the view. Sends nothing; calling it again does nothing. */
  @Override
  void close();
}
