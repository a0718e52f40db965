package io.troika.client;

/**
 * The bytes of a blob are not there as they were sent: the transaction took longer than they are
 * kept (an hour by default), or its id was decided before. Nothing was committed; send them again
 * in another transaction.
 */
public final class BlobLostException extends InvalidRequestException {
  public BlobLostException(String message) {
    super(message);
  }
}
