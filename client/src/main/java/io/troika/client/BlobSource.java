package io.troika.client;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where the bytes of a blob come from: the same ones each time. */
@FunctionalInterface
public interface BlobSource {
  /** All of them from the first one on; whoever asks reads to the end and closes it. */
  InputStream open() throws IOException;

  /** A file. */
  static BlobSource of(Path file) {
    return () -> Files.newInputStream(file);
  }
}
