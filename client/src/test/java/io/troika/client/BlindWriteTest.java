package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.client.fake.FakeCluster;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Objects that are written without having been read: their serials are asked for, not their data.
 */
@Timeout(180)
final class BlindWriteTest {
  private static final int OBJECTS = 150;
  private static final int OBJECT_BYTES = 1_000;

  private FakeCluster cluster;
  private TroikaClient other;
  private TroikaClient client;
  private ObjectStore store;
  private List<Oid> oids;

  @BeforeEach
  void start() throws IOException {
    cluster = new FakeCluster(1);
    other = newClient();
    client = newClient();
    store = client.store("main");
    oids = other.store("main").run(BlindWriteTest::create);
  }

  private TroikaClient newClient() {
    return TroikaClient.builder()
        .endpoints(cluster.endpoints())
        .callTimeout(Duration.ofSeconds(60))
        .tryTimeout(Duration.ofSeconds(60)) // calls are counted: none is tried twice
        .build();
  }

  private static List<Oid> create(Transaction tx) {
    List<Oid> created = new ArrayList<>();
    for (int i = 0; i < OBJECTS; i++) {
      created.add(tx.create(Bytes.wrap(new byte[OBJECT_BYTES])));
    }
    return created;
  }

  @AfterEach
  void stop() {
    client.close();
    other.close();
    cluster.close();
  }

  @Test
  void commit_objectsNotRead_noDataComes() {
    Tid written = store.execute(tx -> oids.forEach(oid -> tx.write(oid, "new", Codec.UTF8)));

    assertThat(cluster.calls("LoadMany")).as("the fake answers 100 at once").isEqualTo(2);
    assertThat(cluster.loadedBytes()).isZero();
    assertThat(store.changes(written)).hasSize(OBJECTS);
  }

  @Test
  void commit_nodeThatKnowsNoSerialsOnly_committedAndNothingIsKept() {
    cluster.forgetSerialsOnly();

    Tid deleted = store.execute(tx -> oids.forEach(tx::delete));

    assertThat(cluster.loadedBytes()).isEqualTo(OBJECTS * OBJECT_BYTES);
    assertThat(store.changes(deleted)).hasSize(OBJECTS);
    assertThat(store.cacheStatistics().objects()).isZero();
  }

  @Test
  void commit_someRead_asksForTheOthersAlone() {
    store.execute(
        tx -> {
          tx.readAll(oids.subList(50, OBJECTS));
          oids.forEach(oid -> tx.write(oid, "new", Codec.UTF8));
        });

    assertThat(cluster.calls("LoadMany")).isEqualTo(2);
    assertThat(cluster.loadedBytes()).isEqualTo(100 * OBJECT_BYTES);
  }

  @Test
  void commit_writtenByAnotherSinceTheView_conflicts() {
    Oid oid = oids.get(0);
    try (Transaction tx = store.begin()) {
      tx.tid();
      other.store("main").execute(theirs -> theirs.write(oid, "theirs", Codec.UTF8));
      tx.write(oid, "mine", Codec.UTF8);

      assertThatThrownBy(tx::commit).isInstanceOf(ConflictException.class);
    }
    assertThat(store.<String>run(tx -> tx.read(oid, Codec.UTF8))).isEqualTo("theirs");
  }

  @Test
  void commit_oneIsNotThere_namesIt() {
    Oid unknown = new Oid(0x7777);
    try (Transaction tx = store.begin()) {
      tx.write(oids.get(0), "new", Codec.UTF8);
      tx.write(unknown, "new", Codec.UTF8);

      assertThatThrownBy(tx::commit)
          .isInstanceOf(UnknownObjectException.class)
          .hasMessageContaining(unknown.toString());
    }
  }
}
