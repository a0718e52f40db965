package io.troika.server.front.zeo;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.wire.Wire;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Transactions whose tid the client dictates (zeo-protocol.md §5, §6.3). */
class CopiesTest extends TwoClientsFixture {
  @Test
  void restorea_givenTid_isKept() {
    Tid given = fixture.node.log.tidCandidate().next();
    long number = 7;
    one.oneWay("tpc_begin", number, Bytes.EMPTY, Bytes.EMPTY, Map.of(), Wire.bytes(given), "p");
    one.oneWay("restorea", FakeClient.oid(1), Wire.bytes(given), Bytes.utf8("a"), null, number);
    one.ask("vote", number);

    assertThat(one.ask("tpc_finish", number)).isEqualTo(Wire.bytes(given));
    assertThat(two.ask("getTid", FakeClient.oid(1))).isEqualTo(Wire.bytes(given));
    assertThat(two.invalidated()).containsExactly(given);
  }

  @Test
  void restorea_tidNotGreater_isRefusedByTheVote() {
    Tid last = two.commit(1, Tid.NONE, "a");
    long number = 7;
    restore(number, last, "a");

    assertThat(one.errorClass(one.call("vote", number))).isEqualTo(POS + "StorageTransactionError");
  }

  private void restore(long number, Tid tid, String data) {
    one.oneWay("tpc_begin", number, Bytes.EMPTY, Bytes.EMPTY, Map.of(), Wire.bytes(tid), " ");
    one.oneWay("restorea", FakeClient.oid(2), Wire.bytes(tid), Bytes.utf8(data), null, number);
  }

  @Test
  void restorea_afterAnotherCopy_leaderIsNotAskedAgainAndTheTidStillHasToBeGreater() {
    Tid given = fixture.node.log.tidCandidate().next();
    long before = fixture.node.log.proofCount();
    for (long i = 1; i <= 3; i++) {
      restore(i, given, "a" + i);
      one.ask("vote", i);
      assertThat(one.ask("tpc_finish", i)).isEqualTo(Wire.bytes(given));
      given = given.next();
    }
    assertThat(fixture.node.log.proofCount()).isEqualTo(before + 1);

    Tid newest = two.commit(1, Tid.NONE, "b");
    restore(4, newest, "c");
    assertThat(one.errorClass(one.call("vote", 4L))).isEqualTo(POS + "StorageTransactionError");
  }

  @Test
  void givenTid_afterAnotherCopy_storesAreComparedWithWhatTheLeaderHas() {
    Tid given = fixture.node.log.tidCandidate().next();
    restore(1, given, "a");
    one.ask("vote", 1L);
    one.ask("tpc_finish", 1L);
    long before = fixture.node.log.proofCount();

    Tid next = given.next();
    one.oneWay("tpc_begin", 2L, Bytes.EMPTY, Bytes.EMPTY, Map.of(), Wire.bytes(next), " ");
    one.oneWay("storea", FakeClient.oid(2), Wire.bytes(given), Bytes.utf8("b"), 2L);
    one.ask("vote", 2L);

    assertThat(fixture.node.log.proofCount()).isEqualTo(before + 1);
    assertThat(one.ask("tpc_finish", 2L)).isEqualTo(Wire.bytes(next));
  }
}
