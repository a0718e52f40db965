package io.troika.server.backup;

import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.core.model.TransactionRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

/** Transactions of every form, and backups made of them. */
final class ExampleBackup {
  static final UUID HISTORY = new UUID(1, 2);
  static final Instant NOON = Instant.parse("2026-01-31T12:00:00Z");

  private ExampleBackup() {}

  static List<RestoredTransaction> transactions(long seed, int first, int count) {
    Random random = new Random(seed);
    List<RestoredTransaction> transactions = new ArrayList<>();
    for (int i = first; i < first + count; i++) {
      List<RestoredRevision> revisions = new ArrayList<>();
      int objects = random.nextInt(4);
      for (int oid = 0; oid < objects; oid++) {
        revisions.add(revision(random, new Oid(oid * 5L), i));
      }
      transactions.add(
          new RestoredTransaction(
              tid(i),
              random.nextInt(5) == 0 ? TransactionRecord.PACKED : TransactionRecord.NORMAL,
              new TransactionMetadata(
                  Bytes.utf8("user " + i), Bytes.utf8("déscription"), bytes(random, 9)),
              revisions));
    }
    return transactions;
  }

  private static RestoredRevision revision(Random random, Oid oid, int number) {
    return switch (random.nextInt(4)) {
      case 0 -> new RestoredRevision(oid, null, null);
      case 1 -> new RestoredRevision(oid, null, tid(Math.max(1, number - 1)));
      default -> new RestoredRevision(oid, bytes(random, random.nextInt(300)), null);
    };
  }

  private static Bytes bytes(Random random, int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return Bytes.wrap(bytes);
  }

  static Tid tid(int number) {
    return new Tid(0x3f00_0000_0000_0000L + number * 1_000L);
  }

  /** One run, which makes {@code segments} segments of them. */
  static void run(Path directory, List<RestoredTransaction> transactions, int segments)
      throws IOException {
    try (BackupDirectory backup = BackupDirectory.open(directory, "main")) {
      boolean unused = backup.select(HISTORY, 1);
      write(backup, transactions, segments);
      backup.addPoint(NOON, transactions.get(transactions.size() - 1).tid(), Tid.NONE);
    }
  }

  static void write(BackupDirectory backup, List<RestoredTransaction> transactions, int segments)
      throws IOException {
    int size = transactions.size() / segments;
    for (int i = 0; i < segments; i++) {
      int end = i == segments - 1 ? transactions.size() : (i + 1) * size;
      try (SegmentWriter segment = backup.newSegment()) {
        for (RestoredTransaction each : transactions.subList(i * size, end)) {
          segment.add(each, Map.of());
        }
        backup.add(segment);
      }
    }
  }

  static List<RestoredTransaction> readAll(Path directory, Tid upTo) throws IOException {
    List<RestoredTransaction> all = new ArrayList<>();
    var chain = BackupDirectory.read(directory).lastChain();
    if (chain == null) {
      return all;
    }
    try (BackupReader reader = BackupReader.open(directory, chain, upTo)) {
      for (BackupTransaction next = reader.next(); next != null; next = reader.next()) {
        all.add(next.transaction());
      }
    }
    return all;
  }
}
