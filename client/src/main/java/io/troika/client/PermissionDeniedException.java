package io.troika.client;

/**
 * Who asks is known, and was not granted this; the message says who, what and where. An operator
 * grants it: {@link ClusterAdmin#grant}.
 */
public final class PermissionDeniedException extends InvalidRequestException {
  public PermissionDeniedException(String message) {
    super(message);
  }
}
