package io.troika.server.config;

import org.jspecify.annotations.Nullable;

/**
 * A configuration that can't be used. The message names the key, what it expects and the found; of
 * a long one, as with a value that is half of the file, the middle is left out.
 */
public final class NodeConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private static final int BEGIN_MAX = 600;
  private static final int END_MAX = 300;

  public NodeConfigException(String message) {
    super(shortened(message));
  }

  public NodeConfigException(String message, @Nullable Throwable cause) {
    super(shortened(message), cause);
  }

  private static String shortened(String message) {
    return message.length() <= BEGIN_MAX + END_MAX
        ? message
        : message.substring(0, BEGIN_MAX) + " … " + message.substring(message.length() - END_MAX);
  }
}
