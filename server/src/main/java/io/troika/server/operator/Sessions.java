package io.troika.server.operator;

import io.troika.server.access.AccessControl;
import io.troika.server.access.Caller;
import io.troika.server.core.model.Bytes;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Who is logged in, in the memory of this node: they end with it. Bounded; the oldest gives way.
 * Kept by the hashes of their secrets, so that how long a look takes says nothing of one. Safe for
 * any thread.
 */
final class Sessions {
  /** From log-in to the end, whatever was done meanwhile. */
  static final Duration LIFE = Duration.ofMinutes(15);

  static final int COUNT_MAX = 100;

  private static final int SECRET_BYTES = 32;
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final SecureRandom random = new SecureRandom();
  private final LongSupplier nanoTime;
  private final Map<Bytes, Open> open = new LinkedHashMap<>(); // guarded by this

  private record Open(String stamp, Caller caller, long beganNanos) {}

  Sessions(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  synchronized Session open(Caller caller) {
    removeEnded();
    if (open.size() >= COUNT_MAX) {
      open.remove(open.keySet().iterator().next());
    }
    String secret = secret();
    Open session = new Open(secret(), caller, nanoTime.getAsLong());
    open.put(AccessControl.hash(secret), session);
    return shown(secret, session);
  }

  synchronized Optional<Session> find(String secret) {
    removeEnded();
    return Optional.ofNullable(open.get(AccessControl.hash(secret)))
        .map(session -> shown(secret, session));
  }

  synchronized void end(String secret) {
    open.remove(AccessControl.hash(secret));
  }

  private void removeEnded() {
    open.values().removeIf(session -> leftNanos(session) <= 0);
  }

  private long leftNanos(Open session) {
    return session.beganNanos + LIFE.toNanos() - nanoTime.getAsLong();
  }

  private Session shown(String secret, Open session) {
    return new Session(
        secret, session.stamp, session.caller, leftNanos(session) / NANOS_PER_SECOND);
  }

  private String secret() {
    byte[] bytes = new byte[SECRET_BYTES];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
