package io.troika.server.front.zeo.wire;

import java.util.AbstractList;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/**
 * A tuple: a list that can't be changed, is equal to any list of the same elements, and is written
 * as a tuple where the encoding tells one from the other.
 */
public final class WireTuple extends AbstractList<@Nullable Object> implements RandomAccess {
  private final @Nullable Object[] items;

  private WireTuple(@Nullable Object[] items) {
    this.items = items;
  }

  /** Of these elements; the array is given away. */
  static WireTuple of(@Nullable Object... items) {
    return new WireTuple(items);
  }

  @Override
  public @Nullable Object get(int index) {
    return items[index];
  }

  @Override
  public int size() {
    return items.length;
  }
}
