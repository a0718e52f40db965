package io.troika.server.cli.exports;

/** A storage holds what a FileStorage cannot, or was replaced while it was read. */
final class ExportException extends Exception {
  private static final long serialVersionUID = 1L;

  ExportException(String message) {
    super(message);
  }
}
