package io.troika.client.internal.codec;

/** A node answered what the protocol does not allow; becomes a BrokenException at the edge. */
public final class MalformedAnswerException extends RuntimeException {
  public MalformedAnswerException(String message) {
    super(message);
  }
}
