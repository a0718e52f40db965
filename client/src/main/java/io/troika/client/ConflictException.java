package io.troika.client;

import java.util.List;

/**
 * Another transaction was first: run yours again from its start, as {@link ObjectStore#run} does.
 * Nothing of this one was committed.
 */
public final class ConflictException extends TroikaException {
  @SuppressWarnings("serial") // an immutable list of records; exceptions of ours are not serialized
  private final List<ObjectConflict> conflicts;

  public ConflictException(String message, List<ObjectConflict> conflicts) {
    super(ErrorFamily.CONFLICT, message, null);
    this.conflicts = List.copyOf(conflicts);
  }

  /** At least one, in the order of oids. */
  public List<ObjectConflict> conflicts() {
    return conflicts;
  }
}
