package io.troika.server.front.zeo.wire;

import io.troika.server.core.model.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The stack on which a pickle builds its value, with the depth of each value beside it. No
 * container is in two places: so values are trees, the depth of what was put away can't grow any
 * more, and a few bytes can't name a huge value by doubling it.
 */
final class PickleStack {
  private static final int CAPACITY_MIN = 16;

  private @Nullable Object[] values = new Object[CAPACITY_MIN];
  private int[] depths = new int[CAPACITY_MIN];
  private int size;

  private final int[] marks = new int[ValueLimits.DEPTH_MAX + 1];
  private int markCount;
  private int itemCount;

  /** Puts a value that is no container, or an empty one. */
  void push(@Nullable Object value) {
    push(value, value instanceof List<?> || value instanceof Map<?, ?> ? 1 : 0);
  }

  private void push(@Nullable Object value, int depth) {
    if (++itemCount > ValueLimits.ITEMS_MAX) {
      throw new ZeoProtocolException(
          "expected a message of at most %d values, found more".formatted(ValueLimits.ITEMS_MAX));
    }
    if (size == values.length) {
      values = Arrays.copyOf(values, 2 * size);
      depths = Arrays.copyOf(depths, 2 * size);
    }
    values[size] = value;
    depths[size++] = depth;
  }

  void mark() {
    if (markCount == marks.length) {
      throw tooDeep();
    }
    marks[markCount++] = size;
  }

  private static ZeoProtocolException tooDeep() {
    return new ZeoProtocolException(
        "expected containers nested at most %d deep, found more".formatted(ValueLimits.DEPTH_MAX));
  }

  /** Takes back the last mark; the values above it begin there. */
  private int takeMark() {
    if (markCount == 0) {
      throw new ZeoProtocolException("expected a mark, found none");
    }
    return marks[--markCount];
  }

  /** Fails if there are not as many values above the last mark, then says where they begin. */
  private int startOf(int count) {
    int floor = markCount == 0 ? 0 : marks[markCount - 1];
    if (size - floor < count) {
      throw new ZeoProtocolException(
          "expected %d values on the stack, found %d".formatted(count, size - floor));
    }
    return size - count;
  }

  /** The values above the last mark become a tuple. */
  void tupleOfMarked() {
    tuple(takeMark());
  }

  void tupleOf(int count) {
    tuple(startOf(count));
  }

  private void tuple(int start) {
    int depth = containerDepth(start);
    @Nullable Object[] items = Arrays.copyOfRange(values, start, size);
    drop(start);
    push(WireTuple.of(items), depth);
  }

  /** The depth of a container of the values from {@code start} on. */
  private int containerDepth(int start) {
    int deepest = 0;
    for (int i = start; i < size; i++) {
      deepest = Math.max(deepest, depths[i]);
    }
    if (deepest >= ValueLimits.DEPTH_MAX) {
      throw tooDeep();
    }
    return deepest + 1;
  }

  private void drop(int newSize) {
    Arrays.fill(values, newSize, size, null);
    size = newSize;
  }

  void appendMarked() {
    append(takeMark());
  }

  void appendOne() {
    append(startOf(1));
  }

  private void append(int start) {
    int depth = containerDepth(start);
    if (!(below(start) instanceof ArrayList<?>)) {
      throw new ZeoProtocolException(
          "expected a list to append to, found " + Wire.describe(below(start)));
    }
    @SuppressWarnings("unchecked") // all array lists here were made empty, as lists of anything
    List<@Nullable Object> list = (List<@Nullable Object>) values[start - 1];
    list.addAll(Arrays.asList(values).subList(start, size));
    deepen(start, depth);
  }

  void setMarked() {
    set(takeMark());
  }

  void setOne() {
    set(startOf(2));
  }

  private void set(int start) {
    int depth = containerDepth(start);
    if (!(below(start) instanceof LinkedHashMap<?, ?>) || (size - start) % 2 != 0) {
      throw new ZeoProtocolException(
          "expected a map and pairs of a key and a value, found %s and %d values"
              .formatted(Wire.describe(below(start)), size - start));
    }
    @SuppressWarnings("unchecked") // as above
    Map<Object, @Nullable Object> map = (Map<Object, @Nullable Object>) values[start - 1];
    for (int i = start; i < size; i += 2) {
      map.put(requireKey(values[i]), values[i + 1]);
    }
    deepen(start, depth);
  }

  static Object requireKey(@Nullable Object key) {
    if (key instanceof String || key instanceof Bytes) {
      return key;
    }
    throw new ZeoProtocolException(
        "the key of a map: expected text or bytes, found " + Wire.describe(key));
  }

  /** The value under {@code start}, if it is this side of the last mark. */
  private @Nullable Object below(int start) {
    int floor = markCount == 0 ? 0 : marks[markCount - 1];
    if (start <= floor) {
      throw new ZeoProtocolException("expected a container on the stack, found none");
    }
    return values[start - 1];
  }

  /** The values from {@code start} on went into the container below. */
  private void deepen(int start, int depth) {
    drop(start);
    depths[start - 1] = Math.max(depths[start - 1], depth);
  }

  @Nullable Object top() {
    return values[startOf(1)];
  }

  /** The one value that is left at the end. */
  @Nullable Object result() {
    if (size != 1 || markCount != 0) {
      throw new ZeoProtocolException(
          "expected one value at the end, found %d and %d marks".formatted(size, markCount));
    }
    return values[0];
  }
}
