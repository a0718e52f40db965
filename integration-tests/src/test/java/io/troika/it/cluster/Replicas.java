package io.troika.it.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.client.VerifyReport;
import java.time.Duration;

/** All replicas of a cluster's storage. */
public final class Replicas {
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final Duration VERIFY_TIMEOUT = Duration.ofMinutes(2);

  private Replicas() {}

  /** Compares their digests of {@code main}, once every node answers. */
  public static void assertEqual(TroikaClient client) {
    assertEqual(client, "main");
  }

  /** The same of another storage. */
  public static void assertEqual(TroikaClient client, String storage) {
    VerifyReport[] report = new VerifyReport[1];
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(
            () -> {
              report[0] = client.admin().verify(storage, VERIFY_TIMEOUT);
              return report[0].replicas().stream().allMatch(each -> each.problem().isEmpty());
            });
    assertThat(report[0].equal()).as("%s", report[0]).isTrue();
  }
}
