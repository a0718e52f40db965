package io.troika.server.cli.demo;

import io.troika.client.Bytes;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.ReadView;
import io.troika.client.Revision;
import io.troika.client.Tid;
import io.troika.client.TransactionMetadata;
import io.troika.client.TransactionOptions;
import io.troika.client.TransactionQuery;
import io.troika.client.TransactionRecord;
import io.troika.server.core.model.Sha256;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The classes of the running JDK's own module {@code java.base}, each an object, a hundred a
 * transaction: real data that every machine with Java has.
 */
final class JavaBaseClasses implements DemoLoad {
  private static final int OBJECTS_PER_TRANSACTION = 100;
  private static final int OBJECTS_MIN = 5_000;
  private static final String USER = "demo";

  private final List<Path> files;
  private final List<Tid> tids = new ArrayList<>();
  private final Map<Oid, byte[]> digests = new HashMap<>();
  private int next;

  private JavaBaseClasses(List<Path> files) {
    this.files = files;
  }

  static JavaBaseClasses open() throws IOException, DemoException {
    Path module = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules/java.base");
    try (Stream<Path> all = Files.walk(module)) {
      List<Path> classes = all.filter(file -> file.toString().endsWith(".class")).sorted().toList();
      if (classes.size() < OBJECTS_MIN) {
        throw new DemoException(
            "java.base of this JDK has %s classes, expected %s or more"
                .formatted(classes.size(), OBJECTS_MIN));
      }
      return new JavaBaseClasses(classes);
    }
  }

  @Override
  public String description() {
    return String.format(
        Locale.ROOT,
        "%,d classes of java.base %s",
        files.size(),
        System.getProperty("java.version"));
  }

  @Override
  public long transactions() {
    return (files.size() + OBJECTS_PER_TRANSACTION - 1L) / OBJECTS_PER_TRANSACTION;
  }

  @Override
  public Optional<Acknowledged> commitNext(ObjectStore store) throws IOException {
    int first = Math.multiplyExact(next, OBJECTS_PER_TRANSACTION);
    if (first >= files.size()) {
      return Optional.empty();
    }
    List<Bytes> contents = new ArrayList<>();
    long bytes = 0;
    for (Path file :
        files.subList(first, Math.min(first + OBJECTS_PER_TRANSACTION, files.size()))) {
      Bytes content = Bytes.wrap(Files.readAllBytes(file));
      bytes += content.size();
      contents.add(content);
    }
    List<Oid> oids = new ArrayList<>();
    TransactionOptions options =
        TransactionOptions.DEFAULT.withMetadata(TransactionMetadata.of(USER, "batch " + next));
    Tid tid =
        store.execute(
            options,
            transaction -> {
              oids.clear(); // it may run again
              contents.forEach(content -> oids.add(transaction.create(content)));
            });
    for (int i = 0; i < oids.size(); i++) {
      digests.put(oids.get(i), sha256(contents.get(i)));
    }
    tids.add(tid);
    next++;
    return Optional.of(new Acknowledged(tid, Optional.of(oids.get(0)), 1, oids.size(), bytes));
  }

  @Override
  public ReadBack readBack(ObjectStore store) {
    Map<String, Integer> seen = new HashMap<>();
    Map<String, Tid> tidByBatch = new HashMap<>();
    try (Stream<TransactionRecord> log = store.transactions(TransactionQuery.after(Tid.NONE))) {
      log.filter(record -> record.metadata().user().equals(Bytes.utf8(USER)))
          .forEach(
              record -> {
                String batch = record.metadata().description().toUtf8();
                seen.merge(batch, 1, Integer::sum);
                tidByBatch.put(batch, record.tid());
              });
    }
    long lost = 0;
    for (int batch = 0; batch < tids.size(); batch++) {
      if (!tids.get(batch).equals(tidByBatch.get("batch " + batch))) {
        lost++;
      }
    }
    long duplicated = seen.values().stream().filter(count -> count > 1).count();
    long unequal = countUnequal(store);
    return new ReadBack(seen.size(), digests.size(), lost + unequal, duplicated);
  }

  /** Objects that are missing or whose bytes are not those that were acknowledged. */
  private long countUnequal(ObjectStore store) {
    long unequal = 0;
    try (ReadView view = store.view()) {
      List<Oid> oids = new ArrayList<>(digests.keySet());
      for (int first = 0; first < oids.size(); first += OBJECTS_PER_TRANSACTION) {
        List<Oid> page =
            oids.subList(first, Math.min(first + OBJECTS_PER_TRANSACTION, oids.size()));
        Map<Oid, Revision> found = view.readAll(page);
        for (Oid oid : page) {
          @Nullable Revision revision = found.get(oid);
          if (revision == null
              || !MessageDigest.isEqual(sha256(revision.data()), digests.get(oid))) {
            unequal++;
          }
        }
      }
    }
    return unequal;
  }

  private static byte[] sha256(Bytes bytes) {
    MessageDigest digest = Sha256.start();
    digest.update(bytes.asByteBuffer());
    return digest.digest();
  }

  @Override
  public void close() {}
}
