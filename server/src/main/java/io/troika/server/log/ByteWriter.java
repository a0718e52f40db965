package io.troika.server.log;

import static io.troika.server.core.model.Checks.checkInvariant;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * Fills an array whose exact size is known beforehand, so that payloads are copied once. Numbers
 * are big-endian and of fixed width. Not safe for several threads.
 */
public final class ByteWriter {
  public static final int UUID_BYTES = 16;
  public static final int TRANSACTION_ID_BYTES = UUID_BYTES + Long.BYTES;

  private final byte[] array;
  private final ByteBuffer buffer;

  public ByteWriter(int sizeBytes) {
    array = new byte[sizeBytes];
    buffer = ByteBuffer.wrap(array);
  }

  /** What {@link #bytes16} takes. */
  public static int sizeOfBytes16(Bytes bytes) {
    return Short.BYTES + bytes.size();
  }

  /** What {@link #bytes32} takes. */
  public static int sizeOfBytes32(Bytes bytes) {
    return Integer.BYTES + bytes.size();
  }

  /** What {@link #metadata} takes. */
  public static int sizeOfMetadata(TransactionMetadata metadata) {
    return 3 * Short.BYTES + metadata.sizeBytes();
  }

  @CanIgnoreReturnValue
  public ByteWriter u8(int value) {
    buffer.put((byte) value);
    return this;
  }

  @CanIgnoreReturnValue
  public ByteWriter u16(int value) {
    buffer.putShort((short) value);
    return this;
  }

  @CanIgnoreReturnValue
  public ByteWriter i32(int value) {
    buffer.putInt(value);
    return this;
  }

  @CanIgnoreReturnValue
  public ByteWriter i64(long value) {
    buffer.putLong(value);
    return this;
  }

  @CanIgnoreReturnValue
  public ByteWriter oid(Oid oid) {
    return i64(oid.value());
  }

  @CanIgnoreReturnValue
  public ByteWriter tid(Tid tid) {
    return i64(tid.value());
  }

  @CanIgnoreReturnValue
  public ByteWriter storage(StorageId storage) {
    return i32(storage.value());
  }

  @CanIgnoreReturnValue
  public ByteWriter uuid(UUID uuid) {
    return i64(uuid.getMostSignificantBits()).i64(uuid.getLeastSignificantBits());
  }

  @CanIgnoreReturnValue
  public ByteWriter transactionId(TransactionId id) {
    return uuid(id.client()).i64(id.sequence());
  }

  /** The bytes alone; whoever reads them must know how many there are. */
  @CanIgnoreReturnValue
  public ByteWriter raw(Bytes bytes) {
    bytes.read(buffer::put);
    return this;
  }

  /** A length in two bytes, then the bytes: at most 65,535. */
  @CanIgnoreReturnValue
  public ByteWriter bytes16(Bytes bytes) {
    checkInvariant(bytes.size() <= 0xffff, "%s bytes do not fit a two-byte length", bytes.size());
    return u16(bytes.size()).raw(bytes);
  }

  /** A length in four bytes, then the bytes. */
  @CanIgnoreReturnValue
  public ByteWriter bytes32(Bytes bytes) {
    return i32(bytes.size()).raw(bytes);
  }

  /** User, description and extension, each as {@link #bytes16}. */
  @CanIgnoreReturnValue
  public ByteWriter metadata(TransactionMetadata metadata) {
    return bytes16(metadata.user()).bytes16(metadata.description()).bytes16(metadata.extension());
  }

  /** How many bytes were written so far. */
  public int position() {
    return buffer.position();
  }

  /** What was written so far, not copied. */
  public Bytes written() {
    return Bytes.wrap(array, 0, buffer.position());
  }

  /** The array, given away. It must be full: the size was worked out for what was written. */
  public byte[] finish() {
    checkInvariant(
        !buffer.hasRemaining(), "encoded %s bytes, expected %s", buffer.position(), array.length);
    return array;
  }

  /** The text in UTF-8; a lone surrogate becomes '?'. */
  public static Bytes text(String text) {
    return Bytes.wrap(text.getBytes(UTF_8));
  }
}
