package io.troika.server.front.zeo.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.troika.server.core.model.Bytes;
import org.jspecify.annotations.Nullable;

/** Pickles of data by themselves: a transaction's extension is stored as one. */
public final class Pickles {
  private Pickles() {}

  /**
   * Writes a value.
   *
   * @throws IllegalArgumentException if there is a value in it that is no wire value
   */
  public static Bytes dump(@Nullable Object value) {
    ByteBuf out = Unpooled.buffer();
    new PickleWriter(out).write(value);
    return Bytes.wrap(out.array(), 0, out.readableBytes());
  }

  /**
   * Reads a value.
   *
   * @throws ZeoProtocolException if that is no pickle, or one of more than data
   */
  public static @Nullable Object load(Bytes pickle) {
    return new PickleReader(pickle.toByteArray()).read();
  }
}
