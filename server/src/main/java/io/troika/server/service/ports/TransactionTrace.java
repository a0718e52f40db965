package io.troika.server.service.ports;

import io.troika.server.core.model.LogPosition;
import org.jspecify.annotations.Nullable;

/** One call on its way. Called on any thread, in this order; must be short and not throw. */
public interface TransactionTrace {
  /** Nobody traces it. */
  TransactionTrace NONE =
      new TransactionTrace() {
        @Override
        public void submitted() {
          // nobody asks
        }

        @Override
        public void applied(LogPosition position, long nanos) {
          // nobody asks
        }

        @Override
        public void ended(@Nullable Object answer, @Nullable Throwable failure) {
          // nobody asks
        }
      };

  /** Its locks are had and its checks done: it goes to the log. Not if it was refused before. */
  void submitted();

  /**
   * The entry that it is in is fsynced by a majority, and was applied on this node just now.
   *
   * @param nanos what applying the entry took
   */
  void applied(LogPosition position, long nanos);

  /** It is over. */
  void ended(@Nullable Object answer, @Nullable Throwable failure);
}
