package io.troika.server.service.commit;

import java.util.ArrayList;
import java.util.List;

/**
 * Holds votes back while leadership is being handed over. Whoever holds its locks and was not held
 * back was there when the pause began. Safe for any thread.
 */
final class VotePause {
  private final Object mutex = new Object();
  private int pauses; // guarded by mutex; two may hand over at once
  private List<OpenTransaction> waiting = new ArrayList<>(); // guarded by mutex

  void begin() {
    synchronized (mutex) {
      pauses++;
    }
  }

  /** Keeps the answer to a vote that holds its locks by now; false if it may be given. */
  boolean holdBack(OpenTransaction voted) {
    synchronized (mutex) {
      return pauses > 0 && waiting.add(voted);
    }
  }

  /** Ends one pause; returns who may be answered, once it was the last. */
  List<OpenTransaction> end() {
    synchronized (mutex) {
      if (pauses == 0 || --pauses > 0) {
        return List.of();
      }
      List<OpenTransaction> answered = waiting;
      waiting = new ArrayList<>();
      return answered;
    }
  }
}
