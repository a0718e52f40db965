package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.troika.api.v1.ErrorDetail;
import io.troika.client.fake.Errors;
import io.troika.client.fake.FakeCluster;
import io.troika.client.fake.Fault;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Transactions that do not fit in a log entry are staged by the client itself. */
@Timeout(180)
final class LargeTransactionTest {
  private FakeCluster cluster;
  private TroikaClient client;
  private ObjectStore store;

  @BeforeEach
  void start() throws IOException {
    cluster = new FakeCluster(3);
    client = builder().build();
    store = client.store("main");
  }

  private TroikaClient.Builder builder() {
    return TroikaClient.builder()
        .endpoints(cluster.endpoints())
        .callTimeout(Duration.ofSeconds(60))
        .tryTimeout(Duration.ofMillis(500));
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
  }

  /** Does something once so many chunks were answered, whatever that answer was. */
  private static ClientListener afterChunks(int count, Runnable action) {
    AtomicInteger chunks = new AtomicInteger();
    return new ClientListener() {
      @Override
      public void callFinished(
          long call,
          String operation,
          int tries,
          Duration took,
          Optional<TroikaException> failure) {
        if (operation.equals("StageChunk") && chunks.incrementAndGet() == count) {
          action.run();
        }
      }
    };
  }

  private void awaitAbandoned() {
    await().until(() -> cluster.calls("GetOutcome") >= 1);
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
  void commit_answersLostAndLeaderChanged_goesOnAndCommitsOnce() {
    cluster.failNext("StageChunk", new Fault.AnswerLost());
    cluster.failNext("StageChunk", new Fault.Refusal(Errors.of(ErrorDetail.Code.OVERLOADED, "x")));
    cluster.failNext("StageChunk", new Fault.Silence());
    cluster.failNext("Commit", new Fault.AnswerLost());
    Bytes large = random(7_000_000);
    try (TroikaClient listened =
        builder().listener(afterChunks(10, () -> cluster.elect(1))).build()) {
      Oid oid = listened.store("main").run(tx -> tx.create(large));

      assertThat(cluster.leaderIndex()).isEqualTo(1);
      assertThat(store.<Bytes>run(tx -> tx.read(oid))).isEqualTo(large);
    }
    assertThat(cluster.storage().transactionCount()).isEqualTo(1);
    assertThat(cluster.calls("GetOutcome")).as("nothing was let go of").isZero();
  }

  @Test
  void commit_stagedBytesExpireMeanwhile_isLostAndLetsGoOfTheRest() {
    ClientListener forgetting = afterChunks(10, () -> cluster.storage().blobs().forgetStaged());
    try (TroikaClient listened = builder().listener(forgetting).build()) {
      ObjectStore listenedStore = listened.store("main");
      assertThatThrownBy(() -> listenedStore.run(tx -> tx.create(random(7_000_000))))
          .isInstanceOf(BlobLostException.class)
          .hasMessageMatching("records of transaction .*: those from byte \\d+ on are not taken");
      awaitAbandoned();
    }
    assertThat(cluster.storage().transactionCount()).isZero();
  }

  @Test
  void commit_conflict_letsGoOfWhatIsStaged() {
    Oid oid = store.run(tx -> tx.create("small", Codec.UTF8));
    try (Transaction tx = store.begin()) {
      tx.read(oid);
      tx.write(oid, random(7_000_000));
      store.run(other -> other.write(oid, "theirs", Codec.UTF8));

      assertThatThrownBy(tx::commit).isInstanceOf(ConflictException.class);
    }
    awaitAbandoned();
  }

  @Test
  void commit_merged_isStagedAgainUnderItsId() {
    Bytes merged = random(6_500_000);
    Oid oid = store.run(tx -> tx.create("small", Codec.UTF8));
    try (TroikaClient merging = builder().conflictResolver(input -> Optional.of(merged)).build();
        Transaction tx = merging.store("main").begin()) {
      tx.read(oid);
      tx.write(oid, random(7_000_000));
      store.run(other -> other.write(oid, "theirs", Codec.UTF8));

      tx.commit();
    }
    assertThat(store.<Bytes>run(tx -> tx.read(oid))).isEqualTo(merged);
    assertThat(cluster.storage().blobs().stagedBytes()).isEqualTo(7_000_000 + 6_500_000);
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
