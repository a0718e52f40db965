package io.troika.client.internal.codec;

import io.troika.client.Freshness;
import io.troika.client.Tid;

/**
 * How new an answer must be that is not about one tid.
 *
 * @param freshness by which rule
 * @param atLeast with SESSION: the answer includes this tid; otherwise none
 */
public record Recency(Freshness freshness, Tid atLeast) {
  /** Includes all that was acknowledged before the call; asked of the leader. */
  public static final Recency LINEARIZABLE = new Recency(Freshness.LINEARIZABLE, Tid.NONE);

  /** Includes this tid; asked of any node. */
  public static Recency atLeast(Tid tid) {
    return new Recency(Freshness.SESSION, tid);
  }

  public boolean isLinearizable() {
    return freshness == Freshness.LINEARIZABLE;
  }

  /** As it is said in requests. */
  public io.troika.api.v1.Freshness message() {
    return switch (freshness) {
      case LINEARIZABLE -> io.troika.api.v1.Freshness.LINEARIZABLE;
      case SESSION -> io.troika.api.v1.Freshness.SESSION;
    };
  }
}
