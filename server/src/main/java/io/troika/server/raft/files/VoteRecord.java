package io.troika.server.raft.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/**
 * The file in which Ratis keeps what a member must not forget beside its log: the term it has
 * reached, and whom it voted for in it.
 *
 * <pre>
 * current/raft-meta   Java properties in UTF-8: "term=" a number, "votedFor=" a node id or nothing;
 *                     each line is ended
 * </pre>
 *
 * <p>Ratis 3.3 writes a new one beside it and renames it, also when the writing failed: closing is
 * what renames. So a change of term on a full disk replaces the file by one that is empty or cut
 * off. What was in it can't be found again; arrival/DESIGN.md says how the node gets back.
 */
public final class VoteRecord {
  private static final String TERM = "term";
  private static final String VOTED_FOR = "votedFor";

  private VoteRecord() {}

  /** Whether there should be a record in this group's directory, and there is none to rely on. */
  public static boolean isLost(Path groupDirectory) throws IOException {
    Path file = file(groupDirectory);
    return Files.exists(file)
        ? !isWhole(Files.readAllBytes(file))
        : DataDirectory.hasLog(groupDirectory.resolve("current"));
  }

  /** A cut may fall within the number, so the last line has to be ended too. */
  private static boolean isWhole(byte[] content) {
    String text = new String(content, UTF_8);
    try {
      Properties properties = new Properties();
      properties.load(new StringReader(text));
      String term = properties.getProperty(TERM, "");
      return text.endsWith("\n") && properties.containsKey(VOTED_FOR) && Long.parseLong(term) >= 0;
    } catch (IOException | IllegalArgumentException e) {
      return false; // no properties, or no number
    }
  }

  /** Replaces the record; durable on return. */
  public static void write(Path groupDirectory, long term, String votedFor) throws IOException {
    Properties properties = new Properties();
    properties.setProperty(TERM, Long.toString(term));
    properties.setProperty(VOTED_FOR, votedFor);
    StringWriter text = new StringWriter();
    properties.store(text, null);
    DurableFiles.replace(file(groupDirectory), text.toString().getBytes(UTF_8));
  }

  private static Path file(Path groupDirectory) {
    return groupDirectory.resolve("current").resolve("raft-meta");
  }
}
