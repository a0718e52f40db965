package io.troika.client;

import org.jspecify.annotations.Nullable;

/**
 * A node found damaged data or a broken invariant, or it answers what the protocol does not allow.
 * An operator has to look.
 */
public final class BrokenException extends TroikaException {
  public BrokenException(String message, @Nullable Throwable cause) {
    super(ErrorFamily.BROKEN, message, cause);
  }
}
