package io.troika.server.front.zeo.session;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.wire.Wire;
import java.time.Instant;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Ids and times as they go over the wire. */
public final class Values {
  private static final double NANOS = 1e9;

  private Values() {}

  public static @Nullable Bytes tidOrNone(@Nullable Tid tid) {
    return tid == null ? null : Wire.bytes(tid);
  }

  /** What a client names a transaction by when it wants to undo it: base64 of the tid. */
  public static Bytes undoId(Tid tid) {
    return Bytes.wrap(Base64.getEncoder().encode(Wire.bytes(tid).toByteArray()));
  }

  /** Seconds since 1970, as Python counts them. */
  public static double seconds(Tid tid) {
    Instant time = tid.toInstant();
    return time.getEpochSecond() + time.getNano() / NANOS;
  }
}
