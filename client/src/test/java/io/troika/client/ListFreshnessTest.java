package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.client.fake.FakeCluster;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is asked of "now", where a node lags behind the leader. */
final class ListFreshnessTest {
  private FakeCluster cluster;
  private TroikaClient writer;
  private TroikaClient client;
  private ObjectStore store;
  private Oid oid = Oid.ROOT;

  /** n0 and n2 know the first transaction only, n1 leads. */
  @BeforeEach
  void start() throws IOException {
    cluster = new FakeCluster(3);
    cluster.elect(1);
    writer = TroikaClient.connect(cluster.endpoints());
    oid = writer.store("main").run(tx -> tx.create("1", Codec.UTF8));
    cluster.node(0).lagAt(cluster.storage().lastTid());
    cluster.node(2).lagAt(cluster.storage().lastTid());
    client = client(Freshness.LINEARIZABLE);
    store = client.store("main");
  }

  private TroikaClient client(Freshness freshness) {
    return TroikaClient.builder()
        .endpoints(cluster.endpoints())
        .freshness(freshness)
        .readPreference(ReadPreference.ANY)
        .callTimeout(Duration.ofSeconds(60))
        .build();
  }

  @AfterEach
  void stop() {
    client.close();
    writer.close();
    cluster.close();
  }

  private Tid write(String text) {
    return writer.store("main").execute(tx -> tx.write(oid, text, Codec.UTF8));
  }

  private void useSession() {
    client.close();
    client = client(Freshness.SESSION);
    store = client.store("main");
  }

  @Test
  void lists_linearizable_areNeverOld() {
    for (int i = 2; i < 8; i++) {
      Tid newest = write(String.valueOf(i));

      assertThat(store.info().lastTid()).isEqualTo(newest);
      assertThat(store.history(oid, 1).get(0).tid()).isEqualTo(newest);
      assertThat(store.transactions(TransactionQuery.newestFirst()).findFirst())
          .hasValueSatisfying(record -> assertThat(record.tid()).isEqualTo(newest));
      assertThat(store.changes(newest)).hasSize(1);
    }
  }

  @Test
  void lists_session_neverGoBack() {
    useSession();
    for (int i = 2; i < 8; i++) {
      Tid seen = store.execute(tx -> tx.write(oid, "x", Codec.UTF8));

      assertThat(store.info().lastTid()).isEqualTo(seen);
      assertThat(store.history(oid, 1).get(0).tid()).isEqualTo(seen);
      assertThat(store.transactions(TransactionQuery.newestFirst()).findFirst())
          .hasValueSatisfying(record -> assertThat(record.tid()).isEqualTo(seen));
      assertThat(store.changes(seen)).hasSize(1);
    }
  }

  /** Nothing else has told this client of its own commits: no answer of the leader since. */
  @Test
  void history_sessionRightAfterAnOwnCommit_includesIt() {
    useSession();
    for (int i = 2; i < 8; i++) {
      Tid own = store.execute(tx -> tx.write(oid, "x", Codec.UTF8));

      assertThat(store.history(oid, 1).get(0).tid()).isEqualTo(own);
    }
  }

  /** Nothing newer was seen by this client, so any node may answer, and in turn they do. */
  @Test
  void lists_sessionThatSawNothing_areAnsweredByAnyNode() {
    useSession();
    for (int i = 0; i < 6; i++) {
      assertThat(store.history(oid, 1)).hasSize(1);
    }
    assertThat(List.of(0, 1, 2)).allMatch(index -> cluster.calls("History", index) > 0);
  }

  @Test
  void lists_followerPreferred_areNotAnsweredByTheLeader() {
    client.close();
    client =
        TroikaClient.builder()
            .endpoints(cluster.endpoints())
            .freshness(Freshness.SESSION)
            .readPreference(ReadPreference.FOLLOWER)
            .build();
    store = client.store("main");
    // The client has to know the leader, to leave it out.
    assertThat(store.view(Freshness.LINEARIZABLE).tid().value())
        .isEqualTo(cluster.storage().lastTid());
    int before = cluster.calls("History", 1);

    for (int i = 0; i < 6; i++) {
      assertThat(store.history(oid, 1)).hasSize(1);
    }
    assertThat(cluster.calls("History", 1)).isEqualTo(before);
    assertThat(cluster.calls("History", 0) + cluster.calls("History", 2)).isEqualTo(6);
  }

  @Test
  void lists_followerPreferredAndGone_areAnsweredByTheLeader() {
    client.close();
    client =
        TroikaClient.builder()
            .endpoints(cluster.node(1).address())
            .freshness(Freshness.SESSION)
            .readPreference(ReadPreference.FOLLOWER)
            .build();

    assertThat(client.store("main").history(oid, 1)).hasSize(1);
  }

  @Test
  void transactions_laterPages_areAsNewAsTheFirst() {
    for (int i = 2; i < 12; i++) {
      write(String.valueOf(i));
    }
    for (TransactionQuery query :
        List.of(TransactionQuery.newestFirst(), TransactionQuery.after(Tid.NONE))) {
      assertThat(store.transactions(query.withPageSize(3))).hasSize(11);
    }
    assertThat(cluster.calls("ListTransactions", 1)).isGreaterThanOrEqualTo(2);
  }

  @Test
  void changes_ofATransactionThatNeverWas_isKnownAtOnce() {
    assertThatThrownBy(() -> store.changes(new Tid(1L << 60)))
        .isInstanceOf(UnknownTransactionException.class);
  }

  @Test
  void view_oids_areThoseOfItsTid() {
    Oid second = writer.store("main").run(tx -> tx.create("2", Codec.UTF8));
    try (ReadView view = store.view()) {
      for (int i = 0; i < 3; i++) {
        assertThat(view.oids(Oid.ROOT)).containsExactly(oid, second);
      }
    }
  }
}
