package io.troika.client;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A blob as one transaction left it: it never changes, so it may be read as often as wanted, by any
 * thread, also after its view was closed. Its bytes come from any node, in pieces of about 1 MiB; a
 * node that is lost in the middle is replaced by another one.
 *
 * <p>Streams throw, beside what {@link ReadView} names, {@link BrokenException} when the bytes are
 * not those that were committed.
 */
public interface Blob {

  /** The object. */
  Oid oid();

  /** The transaction that wrote this revision of it. */
  Tid serial();

  /** How many bytes there are. */
  long length();

  /**
   * All bytes. They are held against the digest of the blob: if they are not the right ones, the
   * last of them are not handed out, the read throws. Closing it early is fine.
   */
  InputStream stream();

  /**
   * Bytes of a range; the digest says nothing of a part, so it is not checked.
   *
   * @param offset 0 to {@link #length}
   * @param bytesMax cut at the end of the blob
   */
  InputStream range(long offset, long bytesMax);

  /**
   * Writes all bytes into a file, which must not exist.
   *
   * @throws IOException if the file can't be written; a part of it may be there then, as after any
   *     other failure
   */
  default void copyTo(Path file) throws IOException {
    try (InputStream bytes = stream()) {
      Files.copy(bytes, file);
    }
  }
}
