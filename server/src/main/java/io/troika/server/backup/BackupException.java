package io.troika.server.backup;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A backup is not what it should be, or not what it is taken for. The message names the file. */
public class BackupException extends IOException {
  private static final long serialVersionUID = 1L;

  public BackupException(String message) {
    super(message);
  }

  BackupException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
