package io.troika.client;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** There is no such object in the read view: it never existed, is deleted, or is not there yet. */
public final class UnknownObjectException extends InvalidRequestException {
  private final @Nullable Oid oid;

  public UnknownObjectException(String message) {
    super(message);
    this.oid = null;
  }

  public UnknownObjectException(Oid oid, String message) {
    super(message);
    this.oid = oid;
  }

  /** The object; empty if only the server's message names it. */
  public Optional<Oid> oid() {
    return Optional.ofNullable(oid);
  }
}
