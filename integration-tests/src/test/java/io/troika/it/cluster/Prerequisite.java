package io.troika.it.cluster;

import org.jspecify.annotations.Nullable;
import org.opentest4j.AssertionFailedError;
import org.opentest4j.TestAbortedException;

/** What a machine may lack: then a test is skipped, and with {@code CI=true} it fails. */
public final class Prerequisite {
  private Prerequisite() {}

  /**
   * What ends the test, to be thrown.
   *
   * @param what is missing, in a few words
   * @param reason what came of looking for it, if anything did
   */
  public static RuntimeException missing(String what, @Nullable Throwable reason) {
    if ("true".equals(System.getenv("CI"))) {
      throw new AssertionFailedError("no " + what + "; in CI this test must run", reason);
    }
    return new TestAbortedException(
        "no " + what + (reason == null ? "" : ": " + reason.getMessage()), reason);
  }
}
