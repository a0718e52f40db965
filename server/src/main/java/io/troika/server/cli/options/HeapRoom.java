package io.troika.server.cli.options;

import io.troika.server.cli.output.HumanUnits;
import java.io.IOException;

/**
 * Whether this process can hold a transaction, of which there are a few copies when it is copied
 * from here to there. Refused before it is asked for: out of memory is the end of a JVM, and may be
 * that of a node that serves others.
 */
public final class HeapRoom {
  /** Of this heap one transaction may take a sixth. */
  private static final int SHARE = 6;

  /** Of {@code -Xmx} the JVM keeps some for itself. */
  private static final int ASKED_FOR = 7;

  private static final long MIB = 1 << 20;

  /** Every heap has room for so much. */
  private static final long ALWAYS_BYTES = 8 * MIB;

  private HeapRoom() {}

  /** How many bytes one transaction may have here. */
  public static long transactionBytesMax() {
    return transactionBytesMax(Runtime.getRuntime().maxMemory());
  }

  static long transactionBytesMax(long heapBytes) {
    return Math.max(ALWAYS_BYTES, heapBytes / SHARE);
  }

  /**
   * Says what is too large, and what to do.
   *
   * @param what names the transaction
   * @throws IOException if it may not have so many bytes
   */
  public static void require(String what, long bytes) throws IOException {
    require(what, bytes, Runtime.getRuntime().maxMemory());
  }

  static void require(String what, long bytes, long heapBytes) throws IOException {
    if (bytes > transactionBytesMax(heapBytes)) {
      throw new IOException(
          "%s: it has %s of data, for which a heap of %s is too small: at least %s are needed (TROIKA_JAVA_OPTS=-Xmx%sm)"
              .formatted(
                  what,
                  HumanUnits.size(bytes),
                  HumanUnits.size(heapBytes),
                  HumanUnits.size(bytes * SHARE),
                  bytes * ASKED_FOR / MIB + 1));
    }
  }
}
