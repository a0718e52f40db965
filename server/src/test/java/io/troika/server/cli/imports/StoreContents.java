package io.troika.server.cli.imports;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.Bytes;
import io.troika.client.ObjectStore;
import io.troika.client.RecordedChange;
import io.troika.client.Tid;
import io.troika.client.TransactionQuery;
import io.troika.client.TransactionRecord;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * All transactions of a storage in the words of {@code zodb_files.py}, as far as a storage keeps
 * them: of an object that occurs twice in a transaction the last record, records in oid order, and
 * of a chain of back pointers its end ({@code data_tid}).
 */
public final class StoreContents {
  private static final HexFormat HEX = HexFormat.of();
  private static final String OID = "\"oid\":\"(?<oid>\\w+)\",";
  private static final String DATA = "\"tid\":\"(?<tid>\\w+)\",\"sha256\":(?<sha>null|\"\\w+\"),";
  private static final String POINTERS = "\"data_txn\":[^,]+,\"data_tid\":(?<from>null|\"\\w+\")";
  private static final Pattern TID = Pattern.compile("\\{\"tid\":(\"\\w+\"),");
  private static final Pattern STATUS = Pattern.compile("\"status\":\"(.*?)\",\"user\"");
  private static final Pattern RECORD = Pattern.compile("\\{" + OID + DATA + POINTERS + "}");

  private StoreContents() {}

  /** What the storage has. */
  public static List<String> of(ObjectStore store) {
    List<String> lines = new ArrayList<>();
    try (Stream<TransactionRecord> all = store.transactions(TransactionQuery.after(Tid.NONE))) {
      all.forEach(
          transaction -> {
            lines.add(line(transaction));
            store.changes(transaction.tid()).forEach(change -> lines.add(line(change)));
          });
    }
    return lines;
  }

  /** What it should have, from the lines that FileStorage, or our reader, gives for the file. */
  public static List<String> expected(List<String> zodbLines) {
    List<String> lines = new ArrayList<>();
    Map<String, String> records = new TreeMap<>();
    Set<String> tids = new HashSet<>();
    for (String line : zodbLines) {
      Matcher record = RECORD.matcher(line);
      if (record.matches()) {
        String oid = record.group("oid");
        // Data of a transaction that is passed over, because it is undone, becomes the object's
        // own.
        String from = tids.contains(record.group("from")) ? record.group("from") : "null";
        records.put(oid, line(oid, record.group("sha"), from));
      } else {
        lines.addAll(records.values());
        records.clear();
        lines.add(withKnownStatus(line));
        tids.add(tidOf(line));
      }
    }
    lines.addAll(records.values());
    return lines;
  }

  /** A status that nobody knows is tolerated, and is normal in a storage. */
  private static String withKnownStatus(String transactionLine) {
    Matcher status = STATUS.matcher(transactionLine);
    assertThat(status.find()).as(transactionLine).isTrue();
    return status.group(1).equals("p")
        ? transactionLine
        : status.replaceFirst("\"status\":\" \",\"user\"");
  }

  /** In quotes. */
  private static String tidOf(String transactionLine) {
    Matcher tid = TID.matcher(transactionLine);
    assertThat(tid.lookingAt()).as(transactionLine).isTrue();
    return tid.group(1);
  }

  private static String line(TransactionRecord transaction) {
    return "{\"tid\":\"%s\",\"status\":\"%s\",\"user\":\"%s\",\"description\":\"%s\",\"extension\":\"%s\"}"
        .formatted(
            HEX.toHexDigits(transaction.tid().value()),
            (char) transaction.status(),
            hex(transaction.metadata().user()),
            hex(transaction.metadata().description()),
            hex(transaction.metadata().extension()));
  }

  private static String line(RecordedChange change) {
    boolean shared = !change.dataTid().equals(Tid.NONE);
    return line(
        HEX.toHexDigits(change.oid().value()),
        change.data().map(data -> '"' + sha256(data) + '"').orElse("null"),
        shared ? '"' + HEX.toHexDigits(change.dataTid().value()) + '"' : "null");
  }

  private static String line(String oid, String sha256, String from) {
    return "{\"oid\":\"%s\",\"sha256\":%s,\"data_tid\":%s}".formatted(oid, sha256, from);
  }

  private static String hex(Bytes bytes) {
    return HEX.formatHex(bytes.toByteArray());
  }

  private static String sha256(Bytes bytes) {
    try {
      return HEX.formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.toByteArray()));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
