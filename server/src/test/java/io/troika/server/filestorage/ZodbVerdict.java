package io.troika.server.filestorage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One line of {@code variants.expected}: what FileStorage makes of a damaged file.
 *
 * @param opened whether it opens it, and so cuts off what it takes for a torn tail
 * @param end of the file then
 * @param iterated whether all that remains can be read
 * @param transactions that were read
 * @param last of them, in hex
 * @param sha256 of what was read, as {@link FileStorageTranscript} writes it
 * @param error that stopped it
 */
public record ZodbVerdict(
    String file,
    boolean opened,
    long end,
    boolean iterated,
    long transactions,
    @Nullable String last,
    String sha256,
    @Nullable String error) {
  private static final Pattern LINE =
      Pattern.compile(
          "\\{\"file\":\"([^\"]+)\",\"opened\":(\\w+),\"end\":(\\d+),\"iterated\":(\\w+),"
              + "\"transactions\":(\\d+),\"last\":(?:null|\"(\\w+)\"),\"sha256\":\"(\\w+)\","
              + "\"error\":(?:null|\"(\\w+)\")}");

  static ZodbVerdict parse(String line) {
    Matcher m = LINE.matcher(line);
    assertThat(m.matches()).as(line).isTrue();
    return new ZodbVerdict(
        m.group(1),
        Boolean.parseBoolean(m.group(2)),
        Long.parseLong(m.group(3)),
        Boolean.parseBoolean(m.group(4)),
        Long.parseLong(m.group(5)),
        m.group(6),
        m.group(7),
        m.group(8));
  }

  /** Its iterator fails on a transaction of status u, which it means to pass over. */
  public boolean isUndoneStatus() {
    return "UnboundLocalError".equals(error);
  }

  /** Opening writes the magic; the iterator looks before it is flushed. */
  public boolean isUnflushedMagic() {
    return opened && end == FileStorageFormat.START && "FileStorageFormatError".equals(error);
  }

  /** A format that FileStorage of Python 3 refuses and we read. */
  public boolean isPython2() {
    return file.endsWith("-magic-python2.fs");
  }

  /** Those of all damaged files. */
  public static List<ZodbVerdict> all() {
    Path file = ZodbPython.require().files().resolve("variants.expected");
    return ZodbPython.lines(file).stream().map(ZodbVerdict::parse).toList();
  }
}
