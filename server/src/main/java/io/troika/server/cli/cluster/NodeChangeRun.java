package io.troika.server.cli.cluster;

import io.troika.client.ClusterAdmin;
import io.troika.client.NodeChange;
import io.troika.server.cli.output.TransactionProgress;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Follows a change of the nodes to its end, whoever leads. A new leader knows nothing of what the
 * one before it was asked for: it is asked again, which is answered as done when it is.
 */
final class NodeChangeRun {
  private static final long LOOK_AGAIN_MILLIS = 200;
  private static final int LEADERS_MAX = 10;

  private final ClusterAdmin admin;
  private final Function<ClusterAdmin, NodeChange> request;
  private final TransactionProgress progress;

  /**
   * @param progress told how many entries of how many are left
   */
  NodeChangeRun(
      ClusterAdmin admin,
      Function<ClusterAdmin, NodeChange> request,
      TransactionProgress progress) {
    this.admin = admin;
    this.request = request;
    this.progress = progress;
  }

  NodeChange run() throws InterruptedException {
    NodeChange change = request.apply(admin);
    long most = 0;
    for (int leaders = 1; change.isRunning(); ) {
      if (change.lagEntries() >= 0) {
        most = Math.max(most, change.lagEntries());
        progress.advanced(most - change.lagEntries(), most);
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
      NodeChange before = change;
      Optional<NodeChange> now = admin.nodeChange().filter(next -> isSame(before, next));
      if (now.isPresent()) {
        change = now.get();
      } else if (++leaders <= LEADERS_MAX) {
        change = request.apply(admin);
      } else {
        throw new IllegalStateException("the leader has changed %d times".formatted(LEADERS_MAX));
      }
    }
    return change;
  }

  private static boolean isSame(NodeChange one, NodeChange other) {
    return one.joining().equals(other.joining()) && one.leaving().equals(other.leaving());
  }
}
