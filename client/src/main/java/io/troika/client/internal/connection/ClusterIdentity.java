package io.troika.client.internal.connection;

import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which cluster this client is one of: the first that a node named. See "One cluster" in {@code
 * DESIGN.md}. Safe for any thread.
 */
final class ClusterIdentity {
  private String id = ""; // guarded by this, as all but the last
  private String toldAt = "";
  private final Set<String> own = new HashSet<>();
  private final Map<String, String> strangers = new LinkedHashMap<>();
  private volatile Optional<String> refusal = Optional.empty();

  /**
   * A node has said to which cluster it belongs.
   *
   * @param configured whether its address was; else it is only left alone if it is a stranger, as a
   *     configured one is that was ours before, while another is
   * @param said the id of its cluster; empty: it knows none, and is taken for one of ours
   * @return whether what it says of leaders and members counts
   */
  synchronized boolean isOwn(String address, boolean configured, String said) {
    if (id.isEmpty() && !said.isEmpty()) {
      id = said;
      toldAt = address;
    }
    boolean stranger = !said.isEmpty() && !said.equals(id);
    if (!configured) {
      return !stranger;
    }
    if (stranger) {
      strangers.put(address, said);
    } else {
      strangers.remove(address);
      if (!said.isEmpty()) {
        own.add(address);
      }
    }
    // One that was given away does no harm while others are ours; once none is, it says the most.
    boolean anyOwn = !strangers.keySet().containsAll(own);
    refusal =
        strangers.entrySet().stream()
            .filter(each -> !anyOwn || !own.contains(each.getKey()))
            .min(Comparator.comparing(each -> !own.contains(each.getKey())))
            .map(this::describe);
    return !stranger;
  }

  private String describe(Map.Entry<String, String> stranger) {
    String address = stranger.getKey();
    return own.contains(address)
        ? "%s led to cluster %s, and leads to cluster %s now: it was made anew, or the address was given away; a new client would take it as it is"
            .formatted(address, id, stranger.getValue())
        : "%s leads to cluster %s, and %s to cluster %s: expected addresses of one cluster"
            .formatted(toldAt, id, address, stranger.getValue());
  }

  /**
   * Why no calls are made now: a configured address leads to another cluster and never led to ours,
   * or none leads to ours any more.
   */
  Optional<String> refusal() {
    return refusal;
  }
}
