package io.troika.server.log;

/**
 * The bytes are whole but say something that this version of the server does not know, so a newer
 * one wrote them. Guessing would let replicas diverge: the node must stop until it is upgraded.
 */
public final class UnknownFormatException extends DecodingException {
  private static final long serialVersionUID = 1L;

  public UnknownFormatException(String message) {
    super(message);
  }
}
