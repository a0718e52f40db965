package io.troika.server.references;

import java.util.ArrayList;
import java.util.List;

/** What a pickle puts on its stack, as far as a persistent id can be made of it. */
sealed interface PickleValue {

  /** Where a run of values begins. */
  PickleValue MARK = new Opaque();

  /** Anything that is no part of a persistent id. */
  PickleValue OPAQUE = new Opaque();

  record Opaque() implements PickleValue {
    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }

  /** Bytes or text, one character a byte; longer ones than an id are empty. */
  record Text(String characters) implements PickleValue {}

  /** A tuple; only the first items are kept. */
  record Tuple(List<PickleValue> items) implements PickleValue {}

  /** A list, which may grow; only the first items are kept. */
  final class Items implements PickleValue {
    private static final int KEPT_MAX = 2;

    private final List<PickleValue> first = new ArrayList<>(KEPT_MAX);

    void add(PickleValue item) {
      if (first.size() < KEPT_MAX) {
        first.add(item);
      }
    }

    List<PickleValue> first() {
      return first;
    }
  }
}
