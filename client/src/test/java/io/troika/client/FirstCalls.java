package io.troika.client;

import org.awaitility.Awaitility;

/** For tests with short deadlines: a client's first calls may take longer, on a busy machine. */
final class FirstCalls {
  private FirstCalls() {}

  /** Returns once the client has read and committed: connected, and its code loaded. */
  static void await(TroikaClient client) {
    Awaitility.await()
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(
            () -> {
              client.store("main").view().close();
              var unused = client.store("main").run(tx -> tx.create(Bytes.EMPTY));
              return true;
            });
  }
}
