package io.troika.server.admin;

import io.troika.api.v1.JobState;
import io.troika.server.status.Job;
import io.troika.server.status.Job.Progress;
import io.troika.server.status.Job.State;

/** Jobs as messages, and back. */
final class JobMessages {
  private JobMessages() {}

  static io.troika.api.v1.Job message(Job job) {
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
            })
        .setStartedMillis(job.startedMillis())
        .setEndedMillis(job.endedMillis())
        .setPhase(job.phase())
        .setDone(job.progress().done())
        .setTotal(job.progress().total())
        .setUnit(job.progress().unit())
        .setOutcome(job.outcome())
        .build();
  }

  static Job job(io.troika.api.v1.Job message) {
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
          case JOB_STATE_UNSPECIFIED, UNRECOGNIZED ->
              throw new IllegalArgumentException(
                  "job.state: expected RUNNING, SUCCEEDED or FAILED, found " + message.getState());
        },
        message.getStartedMillis(),
        message.getEndedMillis(),
        message.getPhase(),
        new Progress(
            Math.max(0, message.getDone()), Math.max(0, message.getTotal()), message.getUnit()),
        message.getOutcome());
  }
}
