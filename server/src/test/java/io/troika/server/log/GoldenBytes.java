package io.troika.server.log;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * Golden files: hexadecimal, 16 bytes a line, so that a change of a format is read as a text diff.
 * {@code -Dtroika.golden.write=true} writes those that do not exist yet, never one that does.
 */
final class GoldenBytes {
  private static final int BYTES_PER_LINE = 16;

  private GoldenBytes() {}

  /** The bytes of the golden file; {@code found} is for the message and for writing a new one. */
  static byte[] read(String name, byte[] found) throws IOException {
    String resource = "golden/" + name + ".hex";
    try (InputStream stream = GoldenBytes.class.getResourceAsStream(resource)) {
      if (stream == null && Boolean.getBoolean("troika.golden.write")) {
        write(resource, found);
        return found;
      }
      assertThat(stream).as("golden file %s; its bytes now:%n%s", resource, hex(found)).isNotNull();
      String text = new String(stream.readAllBytes(), US_ASCII).replaceAll("\\s", "");
      return HexFormat.of().parseHex(text);
    }
  }

  private static void write(String resource, byte[] bytes) throws IOException {
    Path file = Path.of("src/test/resources/io/troika/server/log", resource);
    Files.createDirectories(file.getParent());
    Files.writeString(file, hex(bytes), US_ASCII);
  }

  private static String hex(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < bytes.length; i++) {
      text.append("%02x".formatted(bytes[i]));
      boolean lineEnds = i % BYTES_PER_LINE == BYTES_PER_LINE - 1 || i == bytes.length - 1;
      text.append(lineEnds ? '\n' : ' ');
    }
    return text.toString();
  }
}
