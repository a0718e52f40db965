package io.troika.server.config;

import org.jspecify.annotations.Nullable;

/** A configuration that can't be used. The message names the key, what it expects and the found. */
public final class NodeConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public NodeConfigException(String message) {
    super(message);
  }

  public NodeConfigException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
