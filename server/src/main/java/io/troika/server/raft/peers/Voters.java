package io.troika.server.raft.peers;

import static io.troika.server.core.model.Checks.requireArgument;

import java.util.List;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The nodes that vote, by the newest configuration in this node's log (committed or not, as in Raft
 * §6). While a change is under way there are two halves, and a majority means one of each.
 *
 * @param incoming the voters, in a change those that will be; node ids, ordered. None as long as
 *     the node knows no configuration: then nobody is a majority
 * @param outgoing in a change (joint consensus) the voters that were; empty otherwise
 */
public record Voters(List<String> incoming, List<String> outgoing) {
  public Voters {
    requireArgument(
        !incoming.isEmpty() || outgoing.isEmpty(),
        "voters: expected some to come after %s",
        outgoing);
    incoming = List.copyOf(new TreeSet<>(incoming));
    outgoing = List.copyOf(new TreeSet<>(outgoing));
  }

  /** Voters while no change is under way. */
  public static Voters of(String... nodeIds) {
    return new Voters(List.of(nodeIds), List.of());
  }

  /** Everyone who votes in one half or both, each once, ordered by node id. */
  public List<String> all() {
    return Stream.concat(incoming.stream(), outgoing.stream()).distinct().sorted().toList();
  }

  public boolean contains(String nodeId) {
    return incoming.contains(nodeId) || outgoing.contains(nodeId);
  }

  /** Whether those who satisfy {@code agrees} are a majority of each half. */
  public boolean isMajority(Predicate<String> agrees) {
    return isMajorityOf(incoming, agrees) && (outgoing.isEmpty() || isMajorityOf(outgoing, agrees));
  }

  private static boolean isMajorityOf(List<String> half, Predicate<String> agrees) {
    int agreed = 0;
    for (String voter : half) {
      if (agrees.test(voter)) {
        agreed++;
      }
    }
    return agreed > half.size() / 2;
  }
}
