package io.troika.server.service.refusals;

import io.troika.server.service.ports.Leadership;

/** This node does not lead; {@link #leadership} says who does, as far as it knows. */
public final class NotLeaderException extends NotNowException {
  private static final long serialVersionUID = 1L;

  private final transient Leadership leadership;

  public NotLeaderException(Leadership leadership) {
    super(
        leadership.isKnown()
            ? "not the leader of term %s; that is node %s at %s"
                .formatted(leadership.term(), leadership.leader(), leadership.leaderClientAddress())
            : "not the leader, and no leader is known in term " + leadership.term());
    this.leadership = leadership;
  }

  /**
   * From a node that refuses though it may be the leader, as far as it knows: it does not name
   * itself, and to whom it hands over is not known yet.
   */
  public static NotLeaderException elsewhere(Leadership known) {
    return new NotLeaderException(
        known.self() ? Leadership.unknown(known.group(), known.term()) : known);
  }

  public Leadership leadership() {
    return leadership;
  }
}
