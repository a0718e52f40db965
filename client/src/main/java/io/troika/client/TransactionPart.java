package io.troika.client;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/**
 * What a transaction reads and changes in one storage. Changes stay here until the transaction is
 * committed; its reads see them. First committer wins: the commit conflicts if an object that is
 * written or deleted here was changed by a transaction that the view does not see.
 *
 * <p>The read view is opened by the first call that needs it. For one thread at a time. After the
 * end of the transaction every call throws {@link IllegalStateException}.
 *
 * <p>A {@link Transaction} is of one storage; a {@link JointTransaction} has a part in each of
 * several.
 */
public interface TransactionPart extends ReadView {

  /**
   * A new object with an id of its own. Blocks only when the prefetched ids have run out.
   *
   * @throws UnavailableException if no ids could be had in time
   */
  Oid create(Bytes data);

  /** As {@link #create(Bytes)}; the array is copied. */
  default Oid create(byte[] data) {
    return create(Bytes.copyOf(data));
  }

  /** As {@link #create(Bytes)}. */
  default <T> Oid create(T value, Codec<T> codec) {
    return create(codec.encode(value));
  }

  /** As {@link #create(Bytes)}. */
  CompletableFuture<Oid> createAsync(Bytes data);

  /**
   * A new object with a given id, such as {@link Oid#ROOT}. The commit conflicts if there is one
   * already. Ids that {@link #create(Bytes)} may hand out later should not be used.
   */
  void createAt(Oid oid, Bytes data);

  /**
   * Replaces the object's bytes. The commit throws {@link UnknownObjectException} if the view has
   * no such object.
   *
   * @return the same oid, so that a function of one line has a result
   */
  @CanIgnoreReturnValue
  Oid write(Oid oid, Bytes data);

  /** As {@link #write(Oid, Bytes)}; the array is copied. */
  @CanIgnoreReturnValue
  default Oid write(Oid oid, byte[] data) {
    return write(oid, Bytes.copyOf(data));
  }

  /** As {@link #write(Oid, Bytes)}. */
  @CanIgnoreReturnValue
  default <T> Oid write(Oid oid, T value, Codec<T> codec) {
    return write(oid, codec.encode(value));
  }

  /**
   * A new object with a blob: bytes of any number, which are sent to the cluster now, on this
   * thread, and become visible with the commit. A few chunks of them are in memory at a time. A
   * lost leader costs a pause; if the run is repeated after a conflict, they are sent again. Of a
   * transaction that does not commit they go: at once after {@link Transaction#abort} or a
   * conflict, otherwise an hour (by default) after the last of them.
   *
   * @param data what {@link #read} answers, as of any object
   * @param blob read to its end, not closed
   * @throws UnavailableException if they could not be sent in time, or no room was left for them
   * @throws UncheckedIOException if reading them fails
   */
  Oid createBlob(Bytes data, InputStream blob);

  /** As {@link #createBlob(Bytes, InputStream)}, of a file. */
  default Oid createBlob(Bytes data, Path blob) {
    try (InputStream stream = Files.newInputStream(blob)) {
      return createBlob(data, stream);
    } catch (IOException e) {
      throw new UncheckedIOException("the blob in " + blob + " can't be read", e);
    }
  }

  /**
   * Replaces the object's bytes and its blob, if it has one; see {@link #createBlob(Bytes,
   * InputStream)}. A {@link #write(Oid, Bytes)} leaves the object without a blob.
   *
   * @return the same oid
   */
  @CanIgnoreReturnValue
  Oid writeBlob(Oid oid, Bytes data, InputStream blob);

  /** As {@link #writeBlob(Oid, Bytes, InputStream)}, of a file. */
  @CanIgnoreReturnValue
  default Oid writeBlob(Oid oid, Bytes data, Path blob) {
    try (InputStream stream = Files.newInputStream(blob)) {
      return writeBlob(oid, data, stream);
    } catch (IOException e) {
      throw new UncheckedIOException("the blob in " + blob + " can't be read", e);
    }
  }

  /**
   * Deletes the object. The commit throws {@link UnknownObjectException} if the view has no such
   * object.
   */
  void delete(Oid oid);

  /**
   * Makes the commit conflict if the object was changed since the view, which this opens if nothing
   * has yet (ZODB's {@code readCurrent}): a transaction is serializable on what it lists so.
   */
  void readCurrent(Oid oid);

  /**
   * Makes the commit undo a committed transaction: every object that it changed gets back the data
   * it had before. Several are undone newest first, in the order of the calls.
   */
  void undo(Tid transaction);

  /** Nothing for a part of several: what it belongs to ends it. */
  @Override
  void close();
}
