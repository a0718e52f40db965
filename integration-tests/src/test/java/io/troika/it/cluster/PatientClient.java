package io.troika.it.cluster;

import io.troika.client.TroikaClient;
import java.time.Duration;

/** Clients for what must be answered in the end, on a slow or busy machine too. */
public final class PatientClient {
  private static final Duration CALL_TIMEOUT = Duration.ofMinutes(1);

  private PatientClient() {}

  /** One that waits longer than the client's own 10 s for a call, and for a run. */
  public static TroikaClient connect(String endpoints) {
    return builder(endpoints).build();
  }

  /** The same, for more settings. */
  public static TroikaClient.Builder builder(String endpoints) {
    return TroikaClient.builder()
        .endpoints(endpoints)
        .callTimeout(CALL_TIMEOUT)
        .runTimeout(CALL_TIMEOUT);
  }
}
