package io.troika.server.storage.rocksdb;

import io.troika.server.core.model.Bytes;
import java.nio.ByteBuffer;

/**
 * Where RocksDB takes large values from: memory outside of the heap, used again for each of them.
 * It would copy an array, and each value would need one of exactly its size. For one writer.
 */
final class ChunkBuffers {
  private ByteBuffer key = ByteBuffer.allocateDirect(0);
  private ByteBuffer value = ByteBuffer.allocateDirect(0);

  /** Valid until the next call. */
  ByteBuffer key(byte[] bytes) {
    key = emptyFor(bytes.length, key);
    return key.put(bytes).flip();
  }

  /** Valid until the next call. */
  ByteBuffer value(Bytes bytes) {
    value = emptyFor(bytes.size(), value);
    bytes.read(value::put);
    return value.flip();
  }

  private static ByteBuffer emptyFor(int size, ByteBuffer buffer) {
    return size <= buffer.capacity() ? buffer.clear() : ByteBuffer.allocateDirect(size);
  }
}
