package io.troika.server.storage.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.server.storage.rocksdb.RocksDatabase.BlobFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** When what is alive in blob files is written again. */
class BlobFileGarbageTest {
  private static final int VALUE_BYTES = 32 << 10;
  private static final int VALUES = 160;
  private static final int VALUES_A_FILE = 16;

  @TempDir Path root;
  private RocksResources resources;
  private RocksDatabase database;
  private BlobFileGarbage garbage;

  @BeforeEach
  void open() throws IOException, RocksDBException {
    resources = new RocksResources(RocksSettings.DEFAULT);
    database = RocksDatabase.open(root, resources);
    garbage = new BlobFileGarbage(database);
    Random random = new Random(1);
    for (int number = 0; number < VALUES; number++) {
      byte[] value = new byte[VALUE_BYTES];
      random.nextBytes(value);
      try (WriteBatch batch = new WriteBatch()) {
        batch.put(database.handle(Family.BLOBS), key(number), value);
        database.write(batch);
      }
      if (number % VALUES_A_FILE == VALUES_A_FILE - 1) {
        database.flush();
      }
    }
  }

  @AfterEach
  void close() {
    database.close();
    resources.close();
  }

  @Test
  void look_nothingIsGarbage_compactionLeavesTheFilesAlone() throws IOException {
    Set<Path> before = blobFiles();

    garbage.look();
    compact();

    assertThat(blobFiles()).isEqualTo(before).hasSize(VALUES / VALUES_A_FILE);
  }

  @Test
  void look_muchIsGarbage_itsSpaceComesBackByItself() throws Exception {
    keepOneIn(4);
    compact();
    BlobFiles full = database.blobFiles(Family.BLOBS);
    assertThat(full.garbageBytes()).isGreaterThan(full.bytes() / 2);

    garbage.look();

    await()
        .untilAsserted(
            () ->
                assertThat(database.blobFiles(Family.BLOBS).garbageBytes())
                    .isLessThan(full.bytes() / 10));
    for (int number = 0; number < VALUES; number += 4) {
      assertThat(database.get(Family.BLOBS, key(number))).hasSize(VALUE_BYTES);
    }
  }

  @Test
  void look_littleIsLeft_endsCollecting() throws Exception {
    keepOneIn(4);
    compact();
    garbage.look();
    await().until(() -> !garbage.isWorthCollecting(Family.BLOBS));

    garbage.look();

    assertThat(garbage.isCollecting(Family.BLOBS)).isFalse();
  }

  @Test
  void flush_muchIsGarbage_itsSpaceComesBackByItself() throws Exception {
    keepOneIn(4);
    compact();
    try (WriteBatch batch = new WriteBatch()) {
      byte[] version = Values.encodeFormat(Values.FORMAT_VERSION);
      batch.put(database.handle(Family.META), Keys.format(), version);
      database.write(batch);
    }
    database.close();

    try (OpenStore store = OpenStore.open(root, resources)) {
      BlobFiles full = store.database().blobFiles(Family.BLOBS);
      assertThat(full.garbageBytes()).isGreaterThan(full.bytes() / 2);

      store.flush();

      await()
          .untilAsserted(
              () ->
                  assertThat(store.database().blobFiles(Family.BLOBS).garbageBytes())
                      .isLessThan(full.bytes() / 10));
    } finally {
      database = RocksDatabase.open(root, resources);
    }
  }

  private void keepOneIn(int share) throws RocksDBException, IOException {
    try (WriteBatch batch = new WriteBatch()) {
      for (int number = 0; number < VALUES; number++) {
        if (number % share != 0) {
          batch.delete(database.handle(Family.BLOBS), key(number));
        }
      }
      database.write(batch);
    }
    database.flush();
  }

  private void compact() {
    try (CompactRangeOptions options =
        new CompactRangeOptions()
            .setBottommostLevelCompaction(CompactRangeOptions.BottommostLevelCompaction.kForce)) {
      database.compact(Family.BLOBS, key(0), key(VALUES), options);
    }
  }

  private static byte[] key(int number) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
  }

  private Set<Path> blobFiles() throws IOException {
    try (Stream<Path> files = Files.list(root)) {
      return files
          .filter(file -> file.toString().endsWith(".blob"))
          .collect(Collectors.toUnmodifiableSet());
    }
  }
}
