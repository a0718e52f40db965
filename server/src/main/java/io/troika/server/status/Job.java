package io.troika.server.status;

/**
 * Something that takes its time with a storage.
 *
 * @param id the same for the same job
 * @param kind such as {@code backup}
 * @param storage its name
 * @param by who does it, as they say themselves
 * @param startedMillis since 1970, when it was first heard of
 * @param endedMillis 0 while it runs
 * @param phase what is being done now
 * @param progress how far it is
 * @param outcome what has become of it
 */
public record Job(
    String id,
    String kind,
    String storage,
    String by,
    State state,
    long startedMillis,
    long endedMillis,
    String phase,
    Progress progress,
    String outcome) {
  private static final int TEXT_MAX = 200;

  public Job {
    id = shortened(id);
    kind = shortened(kind);
    storage = shortened(storage);
    by = shortened(by);
    phase = shortened(phase);
    outcome = shortened(outcome);
  }

  /** Whether it goes on. */
  public enum State {
    RUNNING,
    SUCCEEDED,
    FAILED,
    /** Nothing was heard of it for a while. */
    SILENT
  }

  /**
   * How far a job is.
   *
   * @param total 0: not known
   * @param unit of both, such as {@code transactions}, {@code bytes} or {@code %}
   */
  public record Progress(long done, long total, String unit) {
    public Progress {
      unit = shortened(unit);
    }
  }

  boolean isRunning() {
    return state == State.RUNNING;
  }

  Job at(long newStartedMillis, long newEndedMillis) {
    return new Job(
        id, kind, storage, by, state, newStartedMillis, newEndedMillis, phase, progress, outcome);
  }

  /** The same, known to be by somebody; nothing is known if {@code who} is empty. */
  Job by(String who) {
    return who.isEmpty()
        ? this
        : new Job(
            id, kind, storage, who, state, startedMillis, endedMillis, phase, progress, outcome);
  }

  Job silent(long nowMillis, String why) {
    return new Job(
        id, kind, storage, by, State.SILENT, startedMillis, nowMillis, phase, progress, why);
  }

  /** What others say may be anything. */
  private static String shortened(String text) {
    String line = text.replaceAll("\\p{Cntrl}", " ");
    return line.length() <= TEXT_MAX ? line : line.substring(0, TEXT_MAX - 1) + "…";
  }
}
