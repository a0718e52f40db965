package io.troika.server.storage.rocksdb;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.troika.server.core.model.LogPosition;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * The list of a checkpoint's files, in a text file among them. Lines end with a newline; checksums
 * are CRC32C in 8 hexadecimal digits.
 *
 * <pre>{@code
 * troika-checkpoint 1
 * position TERM INDEX
 * file CHECKSUM SIZE NAME        sorted by name
 * ...
 * end CHECKSUM                   of all lines before
 * }</pre>
 *
 * <p>CRC32C, not a cryptographic digest: what it has to find is damage, peers are authenticated
 * elsewhere, and the leader computes it over everything it sends.
 *
 * @param position what the database shows
 * @param files all that belongs to it
 */
record CheckpointManifest(LogPosition position, List<FileEntry> files) {
  static final String FILE_NAME = "checkpoint.manifest";

  private static final String HEADER = "troika-checkpoint 1";
  private static final Pattern POSITION = Pattern.compile("position (-?\\d{1,19}) (-?\\d{1,19})");
  private static final Pattern FILE =
      Pattern.compile("file ([0-9a-f]{8}) (\\d{1,18}) ([A-Za-z0-9_.-]{1,255})");
  private static final Pattern END = Pattern.compile("end ([0-9a-f]{8})");
  private static final long MANIFEST_BYTES_MAX = 64 << 20;
  private static final int BUFFER_BYTES = 256 << 10;

  /** One file. */
  record FileEntry(String name, long sizeBytes, int checksum) {}

  CheckpointManifest {
    files = List.copyOf(files);
  }

  /** The manifest in {@code directory}, itself checked, its files not. */
  static CheckpointManifest read(Path directory) throws IOException {
    Path file = directory.resolve(FILE_NAME);
    if (!Files.isRegularFile(file)) {
      throw new IOException("checkpoint " + directory + ": no " + FILE_NAME + ", it is incomplete");
    }
    long sizeBytes = Files.size(file);
    if (sizeBytes > MANIFEST_BYTES_MAX) {
      throw damaged(directory, "a manifest of " + sizeBytes + " bytes");
    }
    return parse(directory, Files.readString(file, US_ASCII));
  }

  private static CheckpointManifest parse(Path directory, String text) throws IOException {
    List<String> lines = text.lines().toList();
    if (lines.isEmpty() || !lines.get(0).equals(HEADER)) {
      String first = lines.isEmpty() ? "nothing" : "'" + lines.get(0) + "'";
      throw damaged(directory, "expected '" + HEADER + "', found " + first);
    }
    int endAt = text.lastIndexOf("end ");
    Matcher end = END.matcher(lines.get(lines.size() - 1));
    if (endAt < 0 || !end.matches()) {
      throw damaged(directory, "the manifest has no end");
    }
    int expected = Integer.parseUnsignedInt(end.group(1), 16);
    int found = checksum(text.substring(0, endAt).getBytes(US_ASCII));
    if (expected != found) {
      throw damaged(directory, "the manifest's checksum is not that of its lines");
    }
    Matcher position = POSITION.matcher(lines.get(1));
    if (!position.matches()) {
      throw damaged(directory, "line 2 of the manifest is no position");
    }
    return new CheckpointManifest(
        new LogPosition(Long.parseLong(position.group(1)), Long.parseLong(position.group(2))),
        parseFiles(directory, lines.subList(2, lines.size() - 1)));
  }

  private static List<FileEntry> parseFiles(Path directory, List<String> lines) throws IOException {
    List<FileEntry> files = new ArrayList<>(lines.size());
    Set<String> names = new HashSet<>();
    for (String line : lines) {
      Matcher file = FILE.matcher(line);
      if (!file.matches() || !names.add(file.group(3)) || file.group(3).startsWith("..")) {
        throw damaged(directory, "a line of the manifest names no file, or one twice");
      }
      int checksum = Integer.parseUnsignedInt(file.group(1), 16);
      files.add(new FileEntry(file.group(3), Long.parseLong(file.group(2)), checksum));
    }
    return files;
  }

  /** Lists what is in {@code directory} and writes the manifest there, to disk. */
  static CheckpointManifest create(Path directory, LogPosition position, FileChecksums checksums)
      throws IOException {
    List<FileEntry> files = new ArrayList<>();
    for (String name : DurableFiles.namesIn(directory)) {
      Path file = directory.resolve(name);
      if (!FileChecksums.neverChanges(name)) {
        DurableFiles.sync(file); // a copy, unlike those, which are links to what is on disk
      }
      files.add(new FileEntry(name, Files.size(file), checksums.of(file)));
    }
    CheckpointManifest manifest = new CheckpointManifest(position, files);
    DurableFiles.write(directory.resolve(FILE_NAME), manifest.text().getBytes(US_ASCII));
    DurableFiles.sync(DurableFiles.parentOf(directory));
    return manifest;
  }

  private String text() {
    StringBuilder text = new StringBuilder(HEADER).append('\n');
    text.append("position %d %d\n".formatted(position.term(), position.index()));
    for (FileEntry file : files) {
      text.append("file %08x %d %s\n".formatted(file.checksum(), file.sizeBytes(), file.name()));
    }
    int checksum = checksum(text.toString().getBytes(US_ASCII));
    return text.append("end %08x\n".formatted(checksum)).toString();
  }

  /** Compares every file with its entry. Files that are not listed are not looked at. */
  void verifyFiles(Path directory) throws IOException {
    for (FileEntry entry : files) {
      Path file = directory.resolve(entry.name());
      if (!Files.isRegularFile(file)) {
        throw damaged(directory, "file " + entry.name() + " is missing");
      }
      long sizeBytes = Files.size(file);
      if (sizeBytes != entry.sizeBytes()) {
        throw damaged(
            directory,
            "file %s has %d bytes, expected %d"
                .formatted(entry.name(), sizeBytes, entry.sizeBytes()));
      }
      int found = checksumOf(file);
      if (found != entry.checksum()) {
        throw damaged(
            directory,
            "file %s has checksum %08x, expected %08x"
                .formatted(entry.name(), found, entry.checksum()));
      }
    }
  }

  /** Reads the whole file. */
  static int checksumOf(Path file) throws IOException {
    CRC32C crc = new CRC32C();
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      while (channel.read(buffer.clear()) >= 0) {
        crc.update(buffer.flip());
      }
    }
    return (int) crc.getValue();
  }

  private static int checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, bytes.length);
    return (int) crc.getValue();
  }

  private static IOException damaged(Path directory, String what) {
    return new IOException("checkpoint " + directory + ": damaged: " + what);
  }
}
