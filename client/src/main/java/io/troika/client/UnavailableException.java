package io.troika.client;

import org.jspecify.annotations.Nullable;

/**
 * No node did what was asked before the deadline: no leader could be reached, all were overloaded
 * or behind, or the client was closed or its thread interrupted meanwhile. Try later. A transaction
 * that ends so is certainly not committed; an operator's request, such as a new storage, may have
 * been done all the same and may be repeated.
 *
 * <p>The message names each address with what went wrong there; {@link #getSuppressed} has the
 * same, one exception for each.
 */
public final class UnavailableException extends TroikaException {
  public UnavailableException(String message, @Nullable Throwable cause) {
    super(ErrorFamily.NOT_NOW, message, cause);
  }
}
