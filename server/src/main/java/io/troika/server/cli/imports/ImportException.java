package io.troika.server.cli.imports;

/** The import cannot go on; what was imported so far stays and is whole. */
public final class ImportException extends Exception {
  private static final long serialVersionUID = 1L;

  ImportException(String message) {
    super(message);
  }

  ImportException(String message, Throwable cause) {
    super(message, cause);
  }
}
