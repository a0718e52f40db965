package io.troika.server.front.zeo.wire;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of a call, each asked for by its place, its name and its type. What is not of that
 * type is a {@link ZeoProtocolException} that names the method, the argument, what was expected and
 * what was found.
 */
public final class Args {
  private final String method;
  private final List<?> values;

  private Args(String method, List<?> values) {
    this.method = method;
    this.values = values;
  }

  /** The arguments of {@code message}; fails if they are no sequence. */
  public static Args of(ZeoMessage message) {
    if (message.args() instanceof List<?> list) {
      return new Args(message.method(), list);
    }
    throw new ZeoProtocolException(
        "%s: expected a tuple of arguments, found %s"
            .formatted(message.method(), Wire.describe(message.args())));
  }

  public int size() {
    return values.size();
  }

  /** Fails unless there are {@code min} to {@code max} arguments. */
  public Args requireSize(int min, int max) {
    if (values.size() < min || values.size() > max) {
      throw new ZeoProtocolException(
          "%s: expected %s arguments, found %d"
              .formatted(method, min == max ? min : min + " to " + max, values.size()));
    }
    return this;
  }

  /** Whether it is nil or was left out. */
  public boolean isNone(int index) {
    return value(index) == null;
  }

  /** As it came; null if it is nil or was left out. */
  public @Nullable Object value(int index) {
    return index < values.size() ? values.get(index) : null;
  }

  public Bytes bytes(int index, String name) {
    if (value(index) instanceof Bytes bytes) {
      return bytes;
    }
    throw wrong(index, name, "bytes");
  }

  public @Nullable Bytes optionalBytes(int index, String name) {
    return isNone(index) ? null : bytes(index, name);
  }

  public Bytes bytes8(int index, String name) {
    if (value(index) instanceof Bytes bytes && bytes.size() == Long.BYTES) {
      return bytes;
    }
    throw wrong(index, name, "8 bytes");
  }

  public Oid oid(int index, String name) {
    return new Oid(number(bytes8(index, name)));
  }

  public @Nullable Oid optionalOid(int index, String name) {
    return isNone(index) ? null : oid(index, name);
  }

  public Tid tid(int index, String name) {
    long value = number(bytes8(index, name));
    if (value < 0) {
      throw new ZeoProtocolException(
          "%s: argument %d, %s: expected a tid below 2^63, found 0x%x"
              .formatted(method, index, name, value));
    }
    return new Tid(value);
  }

  public @Nullable Tid optionalTid(int index, String name) {
    return isNone(index) ? null : tid(index, name);
  }

  private static long number(Bytes eightBytes) {
    return eightBytes.asByteBuffer().getLong();
  }

  public String text(int index, String name) {
    if (value(index) instanceof String text) {
      return text;
    }
    throw wrong(index, name, "text");
  }

  public @Nullable String optionalText(int index, String name) {
    return isNone(index) ? null : text(index, name);
  }

  /** An integer of up to 64 bits, signed. */
  public long longAt(int index, String name) {
    if (value(index) instanceof Long number) {
      return number;
    }
    throw wrong(index, name, "an integer of 64 bits");
  }

  public @Nullable Long optionalLong(int index, String name) {
    return isNone(index) ? null : (Long) longAt(index, name);
  }

  /** A number, whole or not. */
  public double doubleAt(int index, String name) {
    if (value(index) instanceof Number number) {
      return number.doubleValue();
    }
    throw wrong(index, name, "a number");
  }

  /** A boolean, or an integer other than 0 for true, as clients have it. */
  public boolean flag(int index, String name) {
    Object value = value(index);
    if (value instanceof Boolean flag) {
      return flag;
    } else if (value instanceof Long number) {
      return number != 0;
    }
    throw wrong(index, name, "a boolean");
  }

  /** A tuple or a list. */
  public List<?> list(int index, String name) {
    if (value(index) instanceof List<?> list) {
      return list;
    }
    throw wrong(index, name, "a sequence");
  }

  public Map<?, ?> map(int index, String name) {
    if (value(index) instanceof Map<?, ?> map) {
      return map;
    }
    throw wrong(index, name, "a map");
  }

  private ZeoProtocolException wrong(int index, String name, String expected) {
    String found =
        index < values.size() ? Wire.describe(values.get(index)) : values.size() + " arguments";
    return new ZeoProtocolException(
        "%s: argument %d, %s: expected %s, found %s"
            .formatted(method, index, name, expected, found));
  }
}
