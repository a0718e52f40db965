package io.troika.client;

/** How new a read view must be. */
public enum Freshness {
  /**
   * Sees all that was acknowledged, to any client, before the view was opened. Costs one round trip
   * to the leader; views opened at the same time share it.
   */
  LINEARIZABLE,

  /**
   * Never older than what this client has already seen or committed, whichever node answers. Costs
   * no round trip while the watch is alive.
   */
  SESSION
}
