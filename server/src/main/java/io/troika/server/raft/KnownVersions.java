package io.troika.server.raft;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.raft.peers.PeerIntroduction;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Whether all nodes can apply an entry that older versions do not know: those stop at it. */
final class KnownVersions {
  private KnownVersions() {}

  /**
   * Asks who they are.
   *
   * @return fails with IllegalArgumentException, which names them, when some don't answer or don't
   *     know entries about Raft groups
   */
  static CompletableFuture<Void> requireGroups(
      List<String> nodes, Function<String, CompletableFuture<PeerIntroduction>> introductions) {
    Map<String, CompletableFuture<String>> asked = new TreeMap<>();
    for (String node : nodes) {
      asked.put(node, introductions.apply(node).handle(KnownVersions::problem));
    }
    return CompletableFuture.allOf(asked.values().toArray(CompletableFuture<?>[]::new))
        .thenAccept(
            done -> {
              String problems =
                  asked.entrySet().stream()
                      .filter(each -> !each.getValue().join().isEmpty())
                      .map(each -> "node %s %s".formatted(each.getKey(), each.getValue().join()))
                      .collect(Collectors.joining("; "));
              requireArgument(
                  problems.isEmpty(), "a group begins with all nodes, and %s", problems);
            });
  }

  private static String problem(PeerIntroduction answer, Throwable failure) {
    if (failure != null) {
      return "does not answer, so its version is not known";
    }
    return answer.logLevel() < PeerIntroduction.GROUPS_LEVEL
        ? "is of a version that knows no groups"
        : "";
  }
}
