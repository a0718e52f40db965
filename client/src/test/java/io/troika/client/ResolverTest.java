package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.client.fake.FakeCluster;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Conflicts that are merged in the client. */
final class ResolverTest {
  private final List<ConflictResolver.Input> inputs = new ArrayList<>();
  private FakeCluster cluster;
  private TroikaClient other;
  private Oid oid = Oid.ROOT;

  @BeforeEach
  void start() throws IOException {
    cluster = new FakeCluster(1);
    other = TroikaClient.connect(cluster.endpoints());
    oid = other.store("main").run(tx -> tx.create("10", Codec.UTF8));
  }

  @AfterEach
  void stop() {
    other.close();
    cluster.close();
  }

  private TroikaClient client(ConflictResolver... resolvers) {
    TroikaClient.Builder builder = TroikaClient.builder().endpoints(cluster.endpoints());
    for (ConflictResolver resolver : resolvers) {
      builder.conflictResolver(resolver);
    }
    return builder.build();
  }

  /** Adds what both have added, as ZODB's Length does. */
  private Optional<Bytes> add(ConflictResolver.Input input) {
    inputs.add(input);
    int old = number(input.old().data());
    int sum = number(input.committed().data()) + number(input.mine()) - old;
    return Optional.of(Bytes.utf8(String.valueOf(sum)));
  }

  private static int number(Bytes bytes) {
    return Integer.parseInt(bytes.toUtf8());
  }

  private void commitByOther(Oid changed, String text) {
    other.store("main").run(tx -> tx.write(changed, text, Codec.UTF8));
  }

  private String stored(Oid asked) {
    return other.store("main").run(tx -> tx.read(asked, Codec.UTF8));
  }

  @Test
  void commit_conflict_isMergedWithWhatCameAlong() {
    try (TroikaClient client = client(this::add);
        Transaction tx = client.store("main").begin()) {
      tx.write(oid, number(tx.read(oid)) + 5 + "", Codec.UTF8);
      commitByOther(oid, "17");

      Tid tid = tx.commit();

      assertThat(stored(oid)).isEqualTo("22");
      assertThat(tid).isEqualTo(new Tid(cluster.storage().lastTid()));
      ConflictResolver.Input input = inputs.get(0);
      assertThat(input.storage()).isEqualTo("main");
      assertThat(input.oid()).isEqualTo(oid);
      assertThat(input.old().data().toUtf8()).isEqualTo("10");
      assertThat(input.committed().data().toUtf8()).isEqualTo("17");
      assertThat(input.mine().toUtf8()).isEqualTo("15");
      assertThat(cluster.calls("LoadSerial")).as("nothing was loaded for it").isZero();
    }
  }

  @Test
  void commit_moreDataThanTheServerSends_isLoaded() {
    Oid second = other.store("main").run(tx -> tx.create("1", Codec.UTF8));
    cluster.storage().limitConflictData(2);
    try (TroikaClient client = client(this::add);
        Transaction tx = client.store("main").begin()) {
      tx.write(oid, number(tx.read(oid)) + 5 + "", Codec.UTF8);
      tx.write(second, number(tx.read(second)) + 5 + "", Codec.UTF8);
      commitByOther(oid, "17");
      commitByOther(second, "2");

      tx.commit();

      assertThat(stored(oid)).isEqualTo("22");
      assertThat(stored(second)).isEqualTo("7");
      assertThat(cluster.calls("LoadSerial")).isEqualTo(1);
    }
  }

  /** Half a megabyte arrives in the trailers: a plain gRPC client takes 8 KiB. */
  @Test
  void commit_largeConflict_arrives() {
    String large = "x".repeat(1 << 19);
    try (TroikaClient client =
            client(input -> Optional.of(Bytes.utf8(input.committed().data().toUtf8() + "!")));
        Transaction tx = client.store("main").begin()) {
      tx.write(oid, tx.read(oid));
      commitByOther(oid, large);

      tx.commit();

      assertThat(stored(oid)).isEqualTo(large + "!");
      assertThat(cluster.calls("LoadSerial")).isZero();
    }
  }

  @Test
  void commit_anotherConflictWhileMerging_isMergedAgain() {
    ConflictResolver disturbed =
        input -> {
          if (inputs.isEmpty()) {
            commitByOther(oid, "20");
          }
          return add(input);
        };
    try (TroikaClient client = client(disturbed);
        Transaction tx = client.store("main").begin()) {
      tx.write(oid, number(tx.read(oid)) + 5 + "", Codec.UTF8);
      commitByOther(oid, "17");

      tx.commit();

      assertThat(inputs).hasSize(2);
      assertThat(stored(oid)).as("20, and the 5 and 7 - 17 - 10 of before").isEqualTo("25");
    }
  }

  /** What a transaction started from has to be loaded if it is not in the cache. */
  @Test
  void commit_oldRevisionPackedAway_isAConflict() {
    ConflictResolver disturbed =
        input -> {
          long merged = cluster.storage().lastTid();
          commitByOther(oid, "20");
          cluster.storage().forget(oid.value(), merged);
          return add(input);
        };
    try (TroikaClient client = client(disturbed);
        Transaction tx = client.store("main").begin()) {
      tx.write(oid, number(tx.read(oid)) + 5 + "", Codec.UTF8);
      commitByOther(oid, "17");

      assertThatThrownBy(tx::commit).isInstanceOf(ConflictException.class);
      assertThat(inputs).as("merged once, and then there was nothing to merge with").hasSize(1);
      assertThat(cluster.calls("LoadSerial")).isEqualTo(1);
      assertThat(stored(oid)).isEqualTo("20");
    }
  }

  @Test
  void commit_firstResolverCannot_theNextIsAsked() {
    try (TroikaClient client = client(input -> Optional.empty(), this::add);
        Transaction tx = client.store("main").begin()) {
      tx.write(oid, number(tx.read(oid)) + 5 + "", Codec.UTF8);
      commitByOther(oid, "17");

      tx.commit();

      assertThat(stored(oid)).isEqualTo("22");
    }
  }

  @Test
  void commit_noResolverCan_conflicts() {
    try (TroikaClient client = client(input -> Optional.empty());
        Transaction tx = client.store("main").begin()) {
      Tid read = tx.find(oid).orElseThrow().serial();
      tx.write(oid, "x", Codec.UTF8);
      commitByOther(oid, "17");

      assertThatThrownBy(tx::commit)
          .isInstanceOfSatisfying(
              ConflictException.class,
              e ->
                  assertThat(e.conflicts().get(0))
                      .hasToString(
                          "oid %s: written from %s, current is %s",
                          oid, read, new Tid(cluster.storage().lastTid())));
    }
  }

  /** What was read and must not have changed, and what is gone, can't be merged. */
  @Test
  void commit_readCurrentOrDeleted_isNotMerged() {
    Oid second = other.store("main").run(tx -> tx.create("1", Codec.UTF8));
    try (TroikaClient client = client(this::add)) {
      try (Transaction tx = client.store("main").begin()) {
        tx.readCurrent(oid);
        tx.read(oid);
        tx.create("y", Codec.UTF8);
        commitByOther(oid, "17");
        assertThatThrownBy(tx::commit).isInstanceOf(ConflictException.class);
      }
      try (Transaction tx = client.store("main").begin()) {
        tx.write(second, tx.read(second));
        other.store("main").execute(deleting -> deleting.delete(second));
        assertThatThrownBy(tx::commit).isInstanceOf(ConflictException.class);
      }
    }
    assertThat(inputs).isEmpty();
  }

  @Test
  void commit_resolverThrows_passesUnchanged() {
    IllegalStateException mine = new IllegalStateException("mine");
    ConflictResolver throwing =
        input -> {
          throw mine;
        };
    try (TroikaClient client = client(throwing);
        Transaction tx = client.store("main").begin()) {
      tx.write(oid, tx.read(oid));
      commitByOther(oid, "17");
      assertThatThrownBy(tx::commit).isSameAs(mine);
    }
  }

  /** Without resolvers nobody pays for data that nobody wants. */
  @Test
  void commit_withoutResolvers_doesNotAskForData() {
    commitByOther(oid, "17");
    assertThat(cluster.storage().conflictDataAsked()).isZero();
    try (TroikaClient client = client(this::add)) {
      client.store("main").run(tx -> tx.write(oid, "18", Codec.UTF8));
    }
    assertThat(cluster.storage().conflictDataAsked()).isEqualTo(1);
  }
}
