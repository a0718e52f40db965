package io.troika.server.front.zeo.wire;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Values as messages carry them ("wire values"): null, {@link Boolean}, {@link Long} (read as a
 * {@link java.math.BigInteger} if it does not fit), {@link Double}, {@link String} for text, {@link
 * Bytes} for byte strings, {@link WireTuple} for tuples, every other {@link List} for lists, and
 * {@link Map} with keys of text or bytes. An {@link Integer} is written like a Long.
 */
public final class Wire {
  private Wire() {}

  public static WireTuple tuple(@Nullable Object... items) {
    return WireTuple.of(items.clone());
  }

  /** A tuple of what is in the list now. */
  public static WireTuple tupleOf(List<? extends @Nullable Object> items) {
    return WireTuple.of(items.toArray());
  }

  /** A list, other than a tuple where the encoding tells one from the other. */
  public static List<@Nullable Object> list(@Nullable Object... items) {
    return Collections.unmodifiableList(Arrays.asList(items.clone()));
  }

  public static Bytes bytes(Oid oid) {
    return eightBytes(oid.value());
  }

  public static Bytes bytes(Tid tid) {
    return eightBytes(tid.value());
  }

  private static Bytes eightBytes(long value) {
    return Bytes.wrap(ByteBuffer.allocate(Long.BYTES).putLong(value).array());
  }

  /** What a value is, for errors: its type and size, never its content. */
  public static String describe(@Nullable Object value) {
    if (value == null) {
      return "nil";
    } else if (value instanceof Bytes bytes) {
      return bytes.size() + " bytes";
    } else if (value instanceof String text) {
      return "a text of " + text.length() + " characters";
    } else if (value instanceof WireTuple tuple) {
      return "a tuple of " + tuple.size();
    } else if (value instanceof List<?> list) {
      return "a list of " + list.size();
    } else if (value instanceof Map<?, ?> map) {
      return "a map of " + map.size();
    } else if (value instanceof Double) {
      return "a floating point number";
    } else if (value instanceof Number) {
      return "an integer";
    }
    return value instanceof Boolean ? "a boolean" : value.getClass().getName();
  }
}
