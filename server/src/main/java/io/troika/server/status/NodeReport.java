package io.troika.server.status;

import io.troika.server.health.HealthReport;
import io.troika.server.service.ports.Leadership;
import io.troika.server.status.Activity.Sample;
import io.troika.server.status.LeaderChanges.LeaderChange;
import java.util.List;
import java.util.Map;

/**
 * What one node says of itself. Times are milliseconds of the wall clock since 1970.
 *
 * @param clockMillis when it said so, by its own clock
 * @param disk of the file system that holds its data
 * @param certificateExpiresMillis of the certificate that its ports show; 0 without TLS
 * @param settings what has to be the same on every node, in words, and the members by its file; see
 *     {@code SharedSettings}
 */
public record NodeReport(
    String nodeId,
    String version,
    long clockMillis,
    long startedMillis,
    HealthReport health,
    Leadership leadership,
    Disk disk,
    long certificateExpiresMillis,
    Map<String, String> settings,
    List<Sample> activity,
    Clients clients,
    List<LeaderChange> leaderChanges,
    List<Job> jobs) {
  public NodeReport {
    settings = Map.copyOf(settings);
    activity = List.copyOf(activity);
    leaderChanges = List.copyOf(leaderChanges);
    jobs = List.copyOf(jobs);
  }

  /** -1 where it can't be found out. */
  public record Disk(long totalBytes, long freeBytes) {
    public static final Disk UNKNOWN = new Disk(-1, -1);
  }

  /**
   * Who is connected.
   *
   * @param total all of them
   * @param shown the first of them, not too many
   */
  public record Clients(int total, List<Client> shown) {
    /** How many are shown at most. */
    public static final int SHOWN_MAX = 100;

    public Clients {
      shown = List.copyOf(shown);
    }
  }

  /**
   * A client that hears what is committed: a watch of a Java client, or a ZEO session.
   *
   * @param protocol {@code grpc} or {@code zeo}
   * @param toldTid the last transaction that it was told of: what its cache is verified up to
   * @param backlogEvents what it has not taken yet
   */
  public record Client(
      String protocol, String address, String storage, long toldTid, int backlogEvents) {}
}
