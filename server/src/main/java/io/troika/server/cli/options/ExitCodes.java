package io.troika.server.cli.options;

import io.troika.client.TroikaException;
import io.troika.server.config.NodeConfigException;
import picocli.CommandLine.ParameterException;

/** What the process tells its caller; listed in each command's help and in {@code docs/cli.md}. */
public final class ExitCodes {
  public static final int OK = 0;
  public static final int FAILED = 1;
  public static final int USAGE = 2;
  public static final int UNAVAILABLE = 3;
  public static final int NOT_VERIFIED = 4;
  public static final int CONFLICT = 5;

  private ExitCodes() {}

  /** Sorted as the errors of the client are: by what the caller should do. */
  public static int of(Throwable failure) {
    if (failure instanceof TroikaException troika) {
      return switch (troika.family()) {
        case INVALID_REQUEST, BROKEN -> FAILED;
        case CONFLICT -> CONFLICT;
        case NOT_NOW, UNKNOWN_OUTCOME -> UNAVAILABLE;
      };
    }
    boolean usage = failure instanceof NodeConfigException || failure instanceof ParameterException;
    return usage ? USAGE : FAILED;
  }
}
