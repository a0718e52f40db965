package io.troika.client;

import java.util.List;

/**
 * A transaction can't be undone because objects were changed since. Undo the newer transactions
 * first, or not at all: running the same again changes nothing, so {@link ObjectStore#run} doesn't.
 */
public final class UndoConflictException extends TroikaException {
  @SuppressWarnings("serial") // an immutable list of records; exceptions of ours are not serialized
  private final List<UndoObstacle> obstacles;

  public UndoConflictException(String message, List<UndoObstacle> obstacles) {
    super(ErrorFamily.CONFLICT, message, null);
    this.obstacles = List.copyOf(obstacles);
  }

  /** At least one, in the order of oids. */
  public List<UndoObstacle> obstacles() {
    return obstacles;
  }
}
