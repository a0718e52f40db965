package io.troika.server.service.refusals;

/**
 * There is too little room on the leader's disk for more, or on those of too many followers; reads
 * go on, and what was voted ends.
 */
public final class DiskFullException extends NotNowException {
  private static final long serialVersionUID = 1L;

  public DiskFullException(String message) {
    super(message);
  }
}
