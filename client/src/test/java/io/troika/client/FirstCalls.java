package io.troika.client;

import org.awaitility.Awaitility;

/** For tests with short deadlines: a client's first calls may take longer, on a busy machine. */
final class FirstCalls {
  private FirstCalls() {}

  /** Returns once the client has asked the leader something: connected, and its code loaded. */
  static void await(TroikaClient client) {
    Awaitility.await()
        .ignoreExceptionsInstanceOf(UnavailableException.class)
        .until(
            () -> {
              client.store("main").view().close();
              return true;
            });
  }
}
