package io.troika.client.internal.connection;

import io.troika.client.TroikaException;
import io.troika.client.UnavailableException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What went wrong with the tries of one call: each address and kind of trouble once, with how often
 * it came, so that a long outage is told in a line. For one thread at a time.
 */
final class Failures {
  /** Three nodes, each with what usually goes wrong; the oldest give way to newer ones. */
  private static final int KINDS_MAX = 12;

  private final Map<Kind, Seen> seen = new LinkedHashMap<>();

  private record Kind(String address, Verdict.Reason reason) {}

  /** The last text is kept: it tells most of how things stand at the end. */
  private record Seen(String text, int times) {
    String describe(String address) {
      return address + ": " + text + (times == 1 ? "" : ", " + times + " times");
    }
  }

  void add(Node node, Verdict.Again failure) {
    Kind kind = new Kind(node.address(), failure.reason());
    int before = seen.containsKey(kind) ? seen.get(kind).times() : 0;
    if (before == 0 && seen.size() == KINDS_MAX) {
      seen.remove(seen.keySet().iterator().next());
    }
    seen.put(kind, new Seen(node.explained(failure), before + 1));
  }

  /** One text for each address and kind of trouble. */
  List<String> describe() {
    return seen.entrySet().stream()
        .map(entry -> entry.getValue().describe(entry.getKey().address()))
        .toList();
  }

  /** The same as suppressed exceptions of how the call ended. */
  void suppressIn(TroikaException end) {
    describe().forEach(text -> end.addSuppressed(new UnavailableException(text, null)));
  }
}
