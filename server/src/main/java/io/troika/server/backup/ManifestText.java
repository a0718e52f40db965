package io.troika.server.backup;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.troika.server.backup.Manifest.BlobTotals;
import io.troika.server.backup.Manifest.Chain;
import io.troika.server.backup.Manifest.Point;
import io.troika.server.backup.Manifest.Segment;
import io.troika.server.core.model.Tid;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * A manifest as text: a line for each thing, each with its CRC32C behind a {@code #}, so that
 * damage has a place; at the end how many lines there are, so that none is missing.
 *
 * <pre>{@code
 * troika-backup 1 NAME #crc                        format version, name of the storage, URL-encoded
 * chain 1 UUID EPOCH #crc
 * segment FILE AFTER LAST TRANSACTIONS RECORDS BYTES SHA256 [BLOBS BLOBBYTES] #crc    not for none
 * point TIME TID HORIZON #crc
 * end LINES CRC-OF-ALL #crc
 * }</pre>
 *
 * <p>What is read must be, byte for byte, what would be written.
 */
final class ManifestText {
  private static final int VERSION = 1;
  private static final int DIGEST_CHARS = 64;

  /** Of a segment without blobs. */
  private static final int SEGMENT_WORDS = 8;

  private final String file;
  private final byte[] bytes;
  private final List<Chain> chains = new ArrayList<>();
  private String storage = "";
  private int lineStart;

  private ManifestText(String file, byte[] bytes) {
    this.file = file;
    this.bytes = bytes;
  }

  static byte[] encode(Manifest manifest) {
    StringBuilder text = new StringBuilder();
    String name = URLEncoder.encode(manifest.storage(), UTF_8);
    int lines = 1;
    line(text, "troika-backup " + VERSION + " " + name);
    for (Chain chain : manifest.chains()) {
      line(text, "chain %d %s %d".formatted(chain.number(), chain.uuid(), chain.epoch()));
      for (Segment each : chain.segments()) {
        line(
            text,
            "segment %s %s %s %d %d %d %s%s"
                .formatted(
                    each.file(),
                    each.after(),
                    each.last(),
                    each.transactions(),
                    each.records(),
                    each.sizeBytes(),
                    each.sha256(),
                    words(each.blobs())));
      }
      for (Point each : chain.points()) {
        line(text, "point %s %s %s".formatted(each.time(), each.tid(), each.horizon()));
      }
      lines += 1 + chain.segments().size() + chain.points().size();
    }
    line(text, "end %d %s".formatted(lines, crc(text.toString().getBytes(US_ASCII))));
    return text.toString().getBytes(US_ASCII);
  }

  private static String words(BlobTotals blobs) {
    return blobs.count() == 0 ? "" : " %d %d".formatted(blobs.count(), blobs.bytes());
  }

  private static void line(StringBuilder text, String line) {
    text.append(line).append(" #").append(crc(line.getBytes(US_ASCII))).append('\n');
  }

  private static String crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return "%08x".formatted(crc.getValue());
  }

  /**
   * The manifest.
   *
   * @param file names it in what is thrown
   */
  static Manifest decode(String file, byte[] bytes) throws BackupException {
    return new ManifestText(file, bytes).decode();
  }

  private Manifest decode() throws BackupException {
    boolean ended = false;
    int lines = 0;
    while (lineStart < bytes.length) {
      int end = lineStart;
      while (end < bytes.length && bytes[end] != '\n') {
        end++;
      }
      if (end == bytes.length || ended) {
        throw damaged(ended ? "bytes behind the last line" : "a line without an end");
      }
      String[] words = words(new String(bytes, lineStart, end - lineStart, US_ASCII));
      ended = words[0].equals("end");
      if (ended) {
        requireEnd(words, lines);
      } else {
        read(words, lines == 0);
      }
      lines++;
      lineStart = end + 1;
    }
    if (!ended) {
      throw damaged("the last line is missing");
    }
    return whole();
  }

  private Manifest whole() throws BackupException {
    lineStart = 0;
    Manifest manifest;
    try {
      manifest = new Manifest(storage, chains);
    } catch (IllegalArgumentException e) {
      throw damaged(String.valueOf(e.getMessage()));
    }
    byte[] again = encode(manifest);
    int difference = Arrays.mismatch(bytes, again);
    if (difference >= 0) {
      lineStart = difference;
      throw damaged("not as it is written");
    }
    return manifest;
  }

  private String[] words(String line) throws BackupException {
    int hash = line.lastIndexOf(" #");
    if (hash < 0
        || !crc(line.substring(0, hash).getBytes(UTF_8)).equals(line.substring(hash + 2))) {
      throw damaged("the checksum of the line does not match");
    }
    return line.substring(0, hash).split(" ", -1);
  }

  private void requireEnd(String[] words, int lines) throws BackupException {
    boolean right =
        words.length == 3
            && words[1].equals(String.valueOf(lines))
            && words[2].equals(crc(Arrays.copyOf(bytes, lineStart)));
    if (!right) {
      throw damaged("lines are missing or in another order");
    }
  }

  private void read(String[] words, boolean first) throws BackupException {
    try {
      if (first) {
        readHead(words);
      } else if (words[0].equals("chain") && words.length == 4) {
        chains.add(
            new Chain(
                Integer.parseInt(words[1]),
                UUID.fromString(words[2]),
                Long.parseLong(words[3]),
                List.of(),
                List.of()));
      } else if (words[0].equals("segment")
          && (words.length == SEGMENT_WORDS || words.length == SEGMENT_WORDS + 2)
          && !chains.isEmpty()) {
        put(last().with(segment(words)));
      } else if (words[0].equals("point") && words.length == 4 && !chains.isEmpty()) {
        put(
            last()
                .with(
                    new Point(Instant.parse(words[1]), Tid.parse(words[2]), Tid.parse(words[3]))));
      } else {
        throw damaged("a line of kind '" + words[0] + "' with " + words.length + " words");
      }
    } catch (IllegalArgumentException | DateTimeException e) {
      throw damaged(String.valueOf(e.getMessage()));
    }
  }

  private void readHead(String[] words) throws BackupException {
    if (!words[0].equals("troika-backup") || words.length != 3) {
      throw damaged("this is no manifest of a backup");
    }
    if (!words[1].equals(String.valueOf(VERSION))) {
      throw new BackupException(
          "%s: format %s; this version of troika reads format %s"
              .formatted(file, words[1], VERSION));
    }
    storage = URLDecoder.decode(words[2], UTF_8);
  }

  private static Segment segment(String[] words) {
    String name = words[1];
    if (name.contains("/") || name.startsWith(".") || words[7].length() != DIGEST_CHARS) {
      throw new IllegalArgumentException("a segment called '" + name + "'");
    }
    return new Segment(
        name,
        Tid.parse(words[2]),
        Tid.parse(words[3]),
        Long.parseLong(words[4]),
        Long.parseLong(words[5]),
        Long.parseLong(words[6]),
        words[7],
        words.length == SEGMENT_WORDS
            ? BlobTotals.NONE
            : new BlobTotals(Long.parseLong(words[8]), Long.parseLong(words[9])));
  }

  private Chain last() {
    return chains.get(chains.size() - 1);
  }

  private void put(Chain changed) {
    chains.set(chains.size() - 1, changed);
  }

  private DamagedBackupException damaged(String found) {
    return new DamagedBackupException(new Damage(file, lineStart, found));
  }
}
