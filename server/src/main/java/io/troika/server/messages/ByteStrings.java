package io.troika.server.messages;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.troika.server.core.model.Bytes;

/** Bytes in messages. */
public final class ByteStrings {
  private ByteStrings() {}

  /** The same bytes, shared: neither ours nor those of a message ever change. */
  public static ByteString of(Bytes bytes) {
    return bytes.wrapped(UnsafeByteOperations::unsafeWrap);
  }
}
