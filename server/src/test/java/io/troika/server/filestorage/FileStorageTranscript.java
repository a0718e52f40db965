package io.troika.server.filestorage;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the reader gives, in the words of {@code zodb_files.py}: one JSON object a line. Lines of a
 * transaction are added once it is known to be whole.
 */
public final class FileStorageTranscript {
  private static final HexFormat HEX = HexFormat.of();

  private final List<String> lines = new ArrayList<>();
  private long transactions;
  private Tid lastTid = Tid.NONE;
  private @Nullable FileStorageException refusal;
  private @Nullable FileStorageSummary summary;

  private FileStorageTranscript() {}

  /** Reads all; a refusal ends the transcript and is kept in it. */
  public static FileStorageTranscript of(Path file, ReadSettings settings) throws IOException {
    FileStorageTranscript transcript = new FileStorageTranscript();
    try (FileStorageReader reader = FileStorageReader.open(file, settings)) {
      transcript.readAll(reader);
    } catch (FileStorageException e) {
      transcript.refusal = e;
    }
    return transcript;
  }

  /** Reads what remains. */
  static List<String> rest(FileStorageReader reader) throws IOException {
    FileStorageTranscript transcript = new FileStorageTranscript();
    transcript.readAll(reader);
    return transcript.lines;
  }

  public List<String> lines() {
    return lines;
  }

  long transactions() {
    return transactions;
  }

  Tid lastTid() {
    return lastTid;
  }

  public @Nullable FileStorageException refusal() {
    return refusal;
  }

  FileStorageSummary summary() {
    if (summary == null) {
      throw new AssertionError("refused", refusal);
    }
    return summary;
  }

  /** As the digest in {@code variants.expected}. */
  public String sha256() {
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> text.append(line).append('\n'));
    return sha256(Bytes.utf8(text.toString()));
  }

  private void readAll(FileStorageReader reader) throws IOException {
    for (FileTransaction transaction = reader.nextTransaction();
        transaction != null;
        transaction = reader.nextTransaction()) {
      List<String> whole = new ArrayList<>();
      whole.add(line(transaction));
      for (DataRecord record = reader.nextRecord(); record != null; record = reader.nextRecord()) {
        whole.add(line(record, reader));
      }
      lines.addAll(whole);
      transactions++;
      lastTid = transaction.tid();
    }
    summary = reader.summary();
  }

  private static String line(FileTransaction transaction) {
    return "{\"tid\":\"%s\",\"status\":\"%s\",\"user\":\"%s\",\"description\":\"%s\",\"extension\":\"%s\"}"
        .formatted(
            hex(transaction.tid()),
            transaction.status(),
            hex(transaction.metadata().user()),
            hex(transaction.metadata().description()),
            hex(transaction.metadata().extension()));
  }

  private static String line(DataRecord record, FileStorageReader reader) throws IOException {
    String sha256 = null;
    Tid targetTid = null;
    Tid dataTid = null;
    if (record instanceof DataRecord.Data data) {
      sha256 = sha256(data.data());
    } else if (record instanceof DataRecord.Shared shared) {
      sha256 = sha256(reader.readData(shared));
      targetTid = shared.targetTid();
      dataTid = shared.dataTid();
    } else if (record instanceof DataRecord.Absent absent) {
      targetTid = absent.targetTid();
    }
    return "{\"oid\":\"%s\",\"tid\":\"%s\",\"sha256\":%s,\"data_txn\":%s,\"data_tid\":%s}"
        .formatted(
            hex(record.oid()),
            hex(record.tid()),
            quoted(sha256),
            quoted(hexOrNull(targetTid)),
            quoted(hexOrNull(dataTid)));
  }

  private static String quoted(@Nullable String text) {
    return text == null ? "null" : '"' + text + '"';
  }

  private static @Nullable String hexOrNull(@Nullable Tid tid) {
    return tid == null ? null : hex(tid);
  }

  static String hex(Tid tid) {
    return HEX.toHexDigits(tid.value());
  }

  private static String hex(Oid oid) {
    return HEX.toHexDigits(oid.value());
  }

  private static String hex(Bytes bytes) {
    return HEX.formatHex(bytes.toByteArray());
  }

  private static String sha256(Bytes bytes) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(bytes.asByteBuffer());
      return HEX.formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
