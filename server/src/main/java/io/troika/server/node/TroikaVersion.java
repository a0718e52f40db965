package io.troika.server.node;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The version of this software, as the build wrote it. */
public final class TroikaVersion {
  private static final String RESOURCE = "/troika-version.txt";

  private TroikaVersion() {}

  /** Such as {@code 0.1.0}. */
  public static String current() {
    try (InputStream resource = TroikaVersion.class.getResourceAsStream(RESOURCE)) {
      if (resource == null) {
        throw new IllegalStateException(RESOURCE + " is missing from the class path");
      }
      return new String(resource.readAllBytes(), UTF_8).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
