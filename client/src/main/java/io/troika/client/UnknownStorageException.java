package io.troika.client;

/** No storage has that name. {@link ClusterAdmin#createStorage} makes one. */
public final class UnknownStorageException extends InvalidRequestException {
  public UnknownStorageException(String message) {
    super(message);
  }
}
