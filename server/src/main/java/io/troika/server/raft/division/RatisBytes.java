package io.troika.server.raft.division;

import io.troika.server.core.model.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteOutput;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.jspecify.annotations.Nullable;

/** Our bytes and those of the protobuf that Ratis brings along, converted without copying. */
public final class RatisBytes {
  private RatisBytes() {}

  /** The array itself: it must not be changed afterwards. */
  public static ByteString wrap(byte[] array) {
    return UnsafeByteOperations.unsafeWrap(array);
  }

  /** The same memory where the string is one array (every log entry read or received is). */
  public static Bytes toBytes(ByteString string) {
    SingleArray output = new SingleArray();
    try {
      UnsafeByteOperations.unsafeWriteTo(string, output);
    } catch (IOException e) {
      throw new IllegalStateException("a byte string could not be read from memory", e);
    }
    Bytes whole = output.bytes;
    return whole != null && whole.size() == string.size()
        ? whole
        : Bytes.wrap(string.toByteArray());
  }

  /** Keeps the array it is given when that comes in one piece. */
  private static final class SingleArray extends ByteOutput {
    private @Nullable Bytes bytes;

    @Override
    public void write(byte value) {
      bytes = null;
    }

    @Override
    public void write(byte[] value, int offset, int length) {
      bytes = Bytes.wrap(value.clone(), offset, length);
    }

    @Override
    public void writeLazy(byte[] value, int offset, int length) {
      bytes = Bytes.wrap(value, offset, length);
    }

    @Override
    public void write(ByteBuffer value) {
      bytes = Bytes.copyOf(value);
    }

    @Override
    public void writeLazy(ByteBuffer value) {
      bytes = Bytes.copyOf(value);
    }
  }
}
