package io.troika.server.cli.doctor;

import io.troika.api.v1.GetClusterStatusResponse;
import io.troika.api.v1.NodeReport;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What one node answered, or why it did not.
 *
 * @param nodeId empty if nobody knows who is there
 * @param address where it was asked
 * @param report what it says of itself; null if it did not answer
 * @param status what it says of all nodes; null if it did not answer
 * @param failure why there is no report; else empty
 * @param clockAhead its clock minus this machine's, right within half of {@code roundTrip}
 * @param certificateExpires of the certificate that its port shows; null without TLS
 */
record NodeAnswer(
    String nodeId,
    String address,
    @Nullable NodeReport report,
    @Nullable GetClusterStatusResponse status,
    String failure,
    Duration clockAhead,
    Duration roundTrip,
    @Nullable Instant certificateExpires) {

  boolean answered() {
    return report != null;
  }
}
