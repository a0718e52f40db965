package io.troika.client;

import java.util.function.Function;

/**
 * How values of a type become an object's bytes and back. Used from several threads at once.
 *
 * <p>What {@link #encode} or {@link #decode} throws passes to the caller unchanged, and a
 * transaction that it happens in is aborted.
 *
 * @param <T> the type of the values; immutable, or not shared
 */
public interface Codec<T> {
  /** Text in UTF-8. */
  Codec<String> UTF8 = of(Bytes::utf8, Bytes::toUtf8);

  /** The bytes that say {@code value}. */
  Bytes encode(T value);

  /** The value that {@link #encode} was given. */
  T decode(Bytes bytes);

  /** A codec of two functions. */
  static <T> Codec<T> of(Function<T, Bytes> encode, Function<Bytes, T> decode) {
    return new Codec<>() {
      @Override
      public Bytes encode(T value) {
        return encode.apply(value);
      }

      @Override
      public T decode(Bytes bytes) {
        return decode.apply(bytes);
      }
    };
  }
}
