package io.troika.client;

import java.time.Instant;
import java.util.Optional;

/**
 * Something that takes its time with a storage, for people to see.
 *
 * @param id the same for the same job; random
 * @param kind such as {@code pack}, {@code import}, {@code backup}
 * @param storage its name
 * @param by who does it, as they say themselves; empty for what the cluster does
 * @param started when a node first heard of it; ignored when it is reported
 * @param ended empty while it runs; ignored when it is reported
 * @param phase what is being done now
 * @param done how far it is
 * @param total of how much; 0: not known
 * @param unit of both, such as {@code transactions} or {@code bytes}
 * @param outcome what has become of it
 */
public record Job(
    String id,
    String kind,
    String storage,
    String by,
    State state,
    Instant started,
    Optional<Instant> ended,
    String phase,
    long done,
    long total,
    String unit,
    String outcome) {

  /** Whether it goes on. */
  public enum State {
    RUNNING,
    SUCCEEDED,
    FAILED,
    /** Nothing was heard of it for a while. */
    SILENT,
    /** What this client does not know. */
    UNKNOWN
  }
}
