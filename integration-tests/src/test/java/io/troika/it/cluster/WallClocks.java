package io.troika.it.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;

/**
 * Clocks that a test sets, each node's its own: {@code set_clock.c}, preloaded. Not libfaketime
 * (0.9.10): with it, told to leave the monotonic clock alone, the waits of a JVM end at once.
 */
public final class WallClocks {
  private final PreloadedLibrary library;

  private WallClocks(PreloadedLibrary library) {
    this.library = library;
  }

  /** Makes the library, in {@code directory}. */
  public static WallClocks require(Path directory) throws IOException, InterruptedException {
    return new WallClocks(PreloadedLibrary.make("set_clock", directory));
  }

  /** For a node with this directory; its clock is right at first. */
  public Map<String, String> environment(Path ofNode) {
    try {
      write(ofNode, Duration.ZERO);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return library.environment(ofNode);
  }

  /** From now on the node's clock is wrong by so much; negative: behind. */
  public void set(NodeProcess node, Duration ahead) throws IOException {
    write(node.directory(), ahead);
  }

  private void write(Path ofNode, Duration ahead) throws IOException {
    ByteBuffer nanos =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(ahead.toNanos());
    try (FileChannel file =
        FileChannel.open(
            library.file(ofNode), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      int written = file.write(nanos.flip(), 0); // in place: the node has the file mapped
      if (written != Long.BYTES) {
        throw new IOException("%s of %s bytes were written".formatted(written, Long.BYTES));
      }
    }
  }
}
