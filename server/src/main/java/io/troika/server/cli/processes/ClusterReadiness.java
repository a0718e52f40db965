package io.troika.server.cli.processes;

import io.troika.client.ClusterStatus;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.server.config.NodeConfig;
import io.troika.server.node.ClusterLayout;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Waits until a cluster serves, by asking every node as a client would. */
public final class ClusterReadiness {
  private static final Duration WAIT_MAX = Duration.ofMinutes(2);
  private static final Duration CALL_MAX = Duration.ofSeconds(5);
  private static final long POLL_MILLIS = 50;
  private static final String STORAGE = "main";

  /** Looked at between two attempts: is there still something to wait for? */
  public interface Liveness {
    void check() throws IOException;
  }

  private ClusterReadiness() {}

  /**
   * Returns when every node knows the leader and has storage {@code main}.
   *
   * @throws IOException when {@code liveness} throws it, or that takes more than 120 s
   */
  public static void await(ClusterLayout layout, Liveness liveness)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + WAIT_MAX.toNanos();
    try (TroikaClient client =
        TroikaClient.builder()
            .endpoints(layout.endpoints())
            .callTimeout(CALL_MAX)
            .tryTimeout(CALL_MAX)
            .build()) {
      for (NodeConfig node : layout.nodes()) {
        await(client, node.self().client().toString(), liveness, end);
      }
    }
  }

  private static void await(TroikaClient client, String address, Liveness liveness, long end)
      throws IOException, InterruptedException {
    String last = "it was not asked";
    while (System.nanoTime() < end) {
      liveness.check();
      try {
        ClusterStatus status = client.admin().statusOf(address);
        if (serves(status)) {
          return;
        }
        last = "leader %s, storages %s".formatted(status.leader(), status.storages());
      } catch (TroikaException e) {
        last = e.getMessage();
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
    throw new IOException(
        "node at %s does not serve after %s s: %s".formatted(address, WAIT_MAX.toSeconds(), last));
  }

  private static boolean serves(ClusterStatus status) {
    return status.leader().isKnown()
        && status.storages().stream().anyMatch(storage -> storage.name().equals(STORAGE));
  }
}
