package io.troika.server.cli.drill;

import io.troika.client.Oid;
import io.troika.client.TroikaException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** The objects that a drill has made to commit to. Not safe for several threads. */
final class ScratchObjects {
  private final Map<Oid, Runnable> removals = new LinkedHashMap<>();

  void add(Oid oid, Runnable removal) {
    removals.put(oid, removal);
  }

  /**
   * Removes them all. One that can't be removed is named, and so are those after it, which nobody
   * tries any more: each try lasts as long as a call may, and how the drill went is still to be
   * told.
   *
   * @param problem is given a line for each object that is left
   */
  void removeAll(Consumer<String> problem) {
    String failure = null;
    for (Map.Entry<Oid, Runnable> each : removals.entrySet()) {
      if (failure == null) {
        try {
          each.getValue().run();
          continue;
        } catch (TroikaException e) {
          failure = String.valueOf(e.getMessage());
        }
      }
      problem.accept("object %s, made for this, is left: %s".formatted(each.getKey(), failure));
    }
  }
}
