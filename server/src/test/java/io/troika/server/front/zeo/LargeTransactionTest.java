package io.troika.server.front.zeo;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.wire.Wire;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Transactions of ZEO clients that do not fit in a log entry, which here has 1 MiB. */
class LargeTransactionTest {
  private static final int RECORD_BYTES = 300_000;
  private static final int RECORDS = 12;

  private SessionFixture fixture;
  private FakeClient client;

  @BeforeEach
  void start() {
    fixture = new SessionFixture();
    client = fixture.client();
  }

  @AfterEach
  void stop() {
    client.close();
    fixture.close();
  }

  private static Bytes data(long oid) {
    byte[] bytes = new byte[RECORD_BYTES];
    new Random(oid).nextBytes(bytes);
    return Bytes.wrap(bytes);
  }

  private void store(long number, long oid, Tid serial, Bytes data) {
    client.oneWay("storea", FakeClient.oid(oid), Wire.bytes(serial), data, number);
  }

  private long storeAll(long firstOid) {
    long number = client.begin();
    for (int i = 0; i < RECORDS; i++) {
      store(number, firstOid + i, Tid.NONE, data(firstOid + i));
    }
    return number;
  }

  private StoredRevision newest(long oid) {
    return Objects.requireNonNull(
        fixture.node.store.newestBefore(fixture.node.storage, new Oid(oid), Tid.MAX));
  }

  @Test
  void stores_overTheEntryLimit_areStagedAndCommittedAsOne() {
    long number = storeAll(1);
    assertThat(fixture.node.store.stagedBlobs()).hasSize(1);
    assertThat(fixture.node.store.oids(fixture.node.storage, Oid.ROOT, 9)).isEmpty();

    assertThat(client.ask("vote", number)).isEqualTo(List.of());
    Tid tid = FakeClient.tid(client.ask("tpc_finish", number));

    for (int oid = 1; oid <= RECORDS; oid++) {
      assertThat(newest(oid).tid()).isEqualTo(tid);
      assertThat(newest(oid).data()).isEqualTo(data(oid));
    }
    assertThat(fixture.node.store.stagedBlobs()).isEmpty();
    assertThat(fixture.context.budget().taken()).isZero();
  }

  @Test
  void conflict_ofAStagedStore_bringsItsDataAndCanBeResolved() {
    Tid first = client.commit(1, Tid.NONE, "a");
    long number = storeAll(1);

    List<?> conflicts = FakeClient.list(client.ask("vote", number));

    assertThat(conflicts).hasSize(1);
    assertThat(FakeClient.map(conflicts.get(0)).get("data")).isEqualTo(data(1));
    store(number, 1, first, Bytes.utf8("merged"));
    assertThat(client.ask("vote", number)).isEqualTo(List.of());
    client.ask("tpc_finish", number);
    assertThat(newest(1).data()).isEqualTo(Bytes.utf8("merged"));
    assertThat(newest(RECORDS).data()).isEqualTo(data(RECORDS));
  }

  @Test
  void abort_whileItIsStaged_letsGoOfAll() {
    long number = storeAll(1);

    client.ask("tpc_abort", number);

    assertThat(fixture.node.store.stagedBlobs()).isEmpty();
    assertThat(fixture.context.budget().taken()).isZero();
    client.commit(1, Tid.NONE, "small");
  }

  @Test
  void copies_overTheEntryLimit_keepTheirTid() {
    Tid tid = new Tid(1L << 40);
    long number = client.begin();
    for (int oid = 1; oid <= RECORDS; oid++) {
      client.oneWay("restorea", FakeClient.oid(oid), Wire.bytes(tid), data(oid), null, number);
    }

    client.ask("vote", number);

    assertThat(FakeClient.tid(client.ask("tpc_finish", number))).isEqualTo(tid);
    assertThat(newest(RECORDS).data()).isEqualTo(data(RECORDS));
  }
}
