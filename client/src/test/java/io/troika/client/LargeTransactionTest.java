package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.fake.FakeCluster;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Transactions that do not fit in a log entry are staged by the client itself. */
@Timeout(60)
final class LargeTransactionTest {
  private FakeCluster cluster;
  private TroikaClient client;
  private ObjectStore store;

  @BeforeEach
  void start() throws IOException {
    cluster = new FakeCluster(3);
    client =
        TroikaClient.builder()
            .endpoints(cluster.endpoints())
            .callTimeout(Duration.ofSeconds(10))
            .build();
    store = client.store("main");
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
  }

  private static Bytes random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return Bytes.wrap(bytes);
  }

  @Test
  void commit_overTheLimit_stagesTheLargeRecordsAndSendsTheOthers() {
    List<Bytes> data =
        List.of(random(3_000_001), random(10), random(3_000_002), random(700_000), Bytes.EMPTY);
    List<Oid> oids = new ArrayList<>();
    Tid tid;
    try (Transaction transaction = store.begin()) {
      data.forEach(each -> oids.add(transaction.create(each)));
      oids.add(transaction.create(data.get(3)));
      tid = transaction.commit();
    }

    assertThat(store.changes(tid))
        .extracting(change -> change.data().orElseThrow())
        .containsExactly(
            data.get(0), data.get(1), data.get(2), data.get(3), data.get(4), data.get(3));
    // The record that is there twice is staged once.
    assertThat(cluster.storage().blobs().stagedBytes()).isEqualTo(3_000_001 + 3_000_002 + 700_000);
  }

  @Test
  void restore_overTheLimit_stagesTheRecords() {
    Bytes large = random(7_000_000);
    store.restore(
        new RestoredTransaction(
            new Tid(1L << 40),
            ' ',
            TransactionMetadata.EMPTY,
            List.of(
                new RestoredTransaction.Written(new Oid(1), large),
                new RestoredTransaction.Written(new Oid(2), Bytes.utf8("small")))));

    assertThat(store.changes(new Tid(1L << 40)))
        .extracting(change -> change.data().orElseThrow())
        .containsExactly(large, Bytes.utf8("small"));
  }
}
