package io.troika.server.core.model;

/**
 * What a Raft group knows of itself.
 *
 * @param applied the last log entry whose effects are in this state
 * @param nextStorageId the next storage id to hand out, from 1
 * @param logTimeMillis the newest leader time that any applied entry carried, in milliseconds since
 *     1970; never goes back. The only clock that applied entries may look at
 */
public record GroupState(LogPosition applied, int nextStorageId, long logTimeMillis) {
  public static final GroupState INITIAL = new GroupState(LogPosition.NONE, 1, 0);

  /** Whether no storage was ever made in it. */
  public boolean hasNoStorageYet() {
    return nextStorageId == INITIAL.nextStorageId;
  }
}
