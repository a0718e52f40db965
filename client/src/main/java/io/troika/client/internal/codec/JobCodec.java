package io.troika.client.internal.codec;

import io.troika.api.v1.JobState;
import io.troika.client.Job;
import io.troika.client.Job.State;
import java.time.Instant;
import java.util.Optional;

/** Jobs as messages, and back. */
public final class JobCodec {
  private JobCodec() {}

  public static Job job(io.troika.api.v1.Job message) {
    long ended = message.getEndedMillis();
    return new Job(
        message.getId(),
        message.getKind(),
        message.getStorage(),
        message.getBy(),
        switch (message.getState()) {
          case JOB_RUNNING -> State.RUNNING;
          case JOB_SUCCEEDED -> State.SUCCEEDED;
          case JOB_FAILED -> State.FAILED;
          case JOB_SILENT -> State.SILENT;
          case JOB_STATE_UNSPECIFIED, UNRECOGNIZED -> State.UNKNOWN;
        },
        Instant.ofEpochMilli(message.getStartedMillis()),
        ended == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(ended)),
        message.getPhase(),
        message.getDone(),
        message.getTotal(),
        message.getUnit(),
        message.getOutcome());
  }

  /** Without its times: they are the node's. */
  public static io.troika.api.v1.Job message(Job job) {
    return io.troika.api.v1.Job.newBuilder()
        .setId(job.id())
        .setKind(job.kind())
        .setStorage(job.storage())
        .setBy(job.by())
        .setState(
            switch (job.state()) {
              case RUNNING -> JobState.JOB_RUNNING;
              case SUCCEEDED -> JobState.JOB_SUCCEEDED;
              case FAILED -> JobState.JOB_FAILED;
              case SILENT -> JobState.JOB_SILENT;
              case UNKNOWN -> JobState.JOB_STATE_UNSPECIFIED;
            })
        .setPhase(job.phase())
        .setDone(job.done())
        .setTotal(job.total())
        .setUnit(job.unit())
        .setOutcome(job.outcome())
        .build();
  }
}
