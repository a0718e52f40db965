package io.troika.client.internal.connection;

import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** One node and the channel to it. Safe for any thread. */
final class Node {
  private static final Backoff RESTS = new Backoff(Duration.ofSeconds(1), 2, Duration.ofMinutes(1));

  static final String WRONG_PORT =
      "; is this its port for clients, with TLS on both sides or on neither?";

  /** What gRPC says of a port that speaks something else. */
  private static final Pattern STRANGE =
      Pattern.compile("(?i)http2 exception|network closed|not SETTINGS|http status");

  private final String address;
  private final boolean seed;
  private final ManagedChannel channel;
  private volatile String id = "";
  private volatile boolean answers;
  private volatile boolean failed;
  private volatile long restsUntilNanos = System.nanoTime();
  private volatile int silences;
  private volatile String lastWord = "no answer yet";

  /**
   * @param seed whether it was configured
   */
  Node(String address, boolean seed, ManagedChannel channel) {
    this.address = address;
    this.seed = seed;
    this.channel = channel;
  }

  String address() {
    return address;
  }

  boolean isSeed() {
    return seed;
  }

  /** Who answers at this address, as it said last; empty while nobody has said. */
  String id() {
    return id;
  }

  /** What is known of its address. */
  NodeRoutes.Place place() {
    return new NodeRoutes.Place(address, seed, id, answers);
  }

  void answeredAs(String nodeId) {
    id = nodeId;
    answers = true;
    silences = 0;
  }

  /**
   * A question who it is was not answered. One that was learned and has never answered is asked
   * ever less often: its address may mean nothing here.
   */
  synchronized void didNotAnswer() {
    answers = false;
    restsUntilNanos = System.nanoTime() + RESTS.nanos(silences);
    silences++;
  }

  /** Whether it is not worth a question now. */
  boolean rests() {
    return !seed && id.isEmpty() && System.nanoTime() - restsUntilNanos < 0;
  }

  /**
   * The channel, ready to be tried: gRPC waits longer and longer (up to minutes) before it connects
   * again, but when to try again is decided by our retry loop.
   */
  ManagedChannel channel() {
    if (failed) {
      failed = false;
      channel.resetConnectBackoff();
    }
    return channel;
  }

  /** A try failed without an answer of the node. */
  void markFailed() {
    failed = true;
  }

  /** Keeps what it said last, or what became of asking it, when a leader was searched for. */
  void said(String word) {
    lastWord = word;
  }

  /**
   * What went wrong with a try; with a hint if this takes connections, says nothing that gRPC
   * understands, and never has.
   */
  String explained(Verdict.Again failure) {
    boolean strange = id.isEmpty() && STRANGE.matcher(failure.text()).find();
    return strange ? failure.text() + WRONG_PORT : failure.text();
  }

  /** Address and last word, for people. */
  String describe() {
    return address + ": " + lastWord;
  }

  /**
   * The node was silent for a whole try: its connection may be a black hole that TCP has not
   * noticed yet, or its name may mean another address by now. Calls under way keep the connection,
   * new ones get a new one, and its name is looked up again.
   */
  void reconnect() {
    channel.enterIdle();
  }

  /** No new calls; those under way end as they would have. */
  void retire() {
    channel.shutdown();
  }

  void close() {
    channel.shutdownNow();
  }

  void awaitClosed(long nanos) throws InterruptedException {
    boolean ended = channel.awaitTermination(nanos, TimeUnit.NANOSECONDS);
    if (!ended) {
      throw new IllegalStateException("the channel to " + address + " is still open after close");
    }
  }
}
