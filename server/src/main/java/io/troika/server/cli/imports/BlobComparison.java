package io.troika.server.cli.imports;

import io.troika.client.Blob;
import io.troika.client.BlobSource;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** Holds a blob of a storage against what it was made of. Memory: two pieces of it. */
public final class BlobComparison {
  private static final int PIECE_BYTES = 1 << 16;

  private BlobComparison() {}

  /** Whether all their bytes are the same. */
  public static boolean isEqual(BlobSource expected, Blob found) throws IOException {
    try (InputStream expectedBytes = expected.open();
        InputStream foundBytes = found.stream()) {
      byte[] expectedPiece = expectedBytes.readNBytes(PIECE_BYTES);
      while (Arrays.equals(expectedPiece, foundBytes.readNBytes(PIECE_BYTES))) {
        if (expectedPiece.length < PIECE_BYTES) {
          return true;
        }
        expectedPiece = expectedBytes.readNBytes(PIECE_BYTES);
      }
      return false;
    }
  }
}
