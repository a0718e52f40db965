package io.troika.server.service.commit;

import io.troika.server.core.model.TransactionId;
import org.jspecify.annotations.Nullable;

/**
 * How a vote that is refused for a conflict is followed by another, with what its client has made
 * of the conflict.
 *
 * @param keepsLocks whether the locks of this one are then kept for a moment, for the next
 * @param before the vote that was refused before, whose locks may be kept for this one
 */
public record NextTry(boolean keepsLocks, @Nullable TransactionId before) {
  /** There is no other: a conflict is the end. */
  public static final NextTry NONE = new NextTry(false, null);
}
