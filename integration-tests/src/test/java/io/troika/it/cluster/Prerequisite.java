package io.troika.it.cluster;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** What a machine may lack: then a test is skipped, and with {@code CI=true} it fails. */
public final class Prerequisite {
  private Prerequisite() {}

  /**
   * Ends the test.
   *
   * @param what is missing, in a few words
   * @param reason what came of looking for it, if anything did
   */
  public static <T> T missing(String what, @Nullable Throwable reason) {
    if ("true".equals(System.getenv("CI"))) {
      return Assertions.fail("no " + what + "; in CI this test must run", reason);
    }
    return Assumptions.abort("no " + what + (reason == null ? "" : ": " + reason.getMessage()));
  }
}
