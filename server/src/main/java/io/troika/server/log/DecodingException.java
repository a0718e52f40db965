package io.troika.server.log;

/** Bytes that cannot be read as what they should be; the subclass says what to do about it. */
public abstract sealed class DecodingException extends RuntimeException
    permits CorruptDataException, UnknownFormatException {
  private static final long serialVersionUID = 1L;

  DecodingException(String message) {
    super(message);
  }

  DecodingException(String message, Throwable cause) {
    super(message, cause);
  }
}
