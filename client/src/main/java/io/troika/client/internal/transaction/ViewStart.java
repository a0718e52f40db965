package io.troika.client.internal.transaction;

import io.troika.client.Tid;

/**
 * What a view sees.
 *
 * @param tid everything up to and including it
 * @param history the number of the history that it belongs to
 * @param openedNanos when it was opened, by {@link System#nanoTime}
 */
record ViewStart(Tid tid, long history, long openedNanos) {
  static ViewStart now(Tid tid, long history) {
    return new ViewStart(tid, history, System.nanoTime());
  }
}
