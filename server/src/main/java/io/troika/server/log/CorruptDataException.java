package io.troika.server.log;

/**
 * The bytes are damaged: lengths that do not add up, a checksum that does not match, values out of
 * their range. This copy is lost; the same entry or record must come from another replica.
 */
public final class CorruptDataException extends DecodingException {
  private static final long serialVersionUID = 1L;

  public CorruptDataException(String message) {
    super(message);
  }

  public CorruptDataException(String message, Throwable cause) {
    super(message, cause);
  }
}
