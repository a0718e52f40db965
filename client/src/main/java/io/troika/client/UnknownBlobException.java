package io.troika.client;

/** The object has no blob in that revision, or the revision was packed away. */
public final class UnknownBlobException extends InvalidRequestException {
  public UnknownBlobException(String message) {
    super(message);
  }
}
