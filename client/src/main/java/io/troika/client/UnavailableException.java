package io.troika.client;

import org.jspecify.annotations.Nullable;

/**
 * No node did what was asked before the deadline, and certainly nothing happened: no leader could
 * be reached, all were overloaded or behind, or the client was closed or its thread interrupted
 * meanwhile. Try later. What the nodes said is in {@link #getSuppressed}.
 */
public final class UnavailableException extends TroikaException {
  public UnavailableException(String message, @Nullable Throwable cause) {
    super(ErrorFamily.NOT_NOW, message, cause);
  }
}
