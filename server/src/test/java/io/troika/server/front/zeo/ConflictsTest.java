package io.troika.server.front.zeo;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.wire.Wire;
import io.troika.server.service.commit.Tenure;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Votes that find conflicts (zeo-protocol.md §10), and undo (§11). */
class ConflictsTest extends TwoClientsFixture {
  // ---- §10

  @Test
  void vote_conflict_isReturnedAndResolvedByTheClient() {
    Tid read = two.commit(1, Tid.NONE, "a");
    Tid committed = two.commit(1, read, "b");
    long number = one.begin();
    one.store(number, 1, read, "c");
    one.store(number, 2, Tid.NONE, "other");

    assertThat(one.ask("vote", number))
        .isEqualTo(
            List.of(
                Map.of(
                    "oid", FakeClient.oid(1),
                    "serials", List.of(Wire.bytes(committed), Wire.bytes(read)),
                    "data", Bytes.utf8("c"))));
    one.store(number, 1, committed, "merged");
    assertThat(one.ask("vote", number)).isEqualTo(List.of());
    Tid tid = FakeClient.tid(one.ask("tpc_finish", number));
    assertThat(two.ask("loadSerial", FakeClient.oid(1), Wire.bytes(tid)))
        .isEqualTo(Bytes.utf8("merged"));
    assertThat(two.ask("getTid", FakeClient.oid(2))).isEqualTo(Wire.bytes(tid));
  }

  @Test
  void vote_conflictAtTheLastVoteThatClientsDo_isAnError() {
    Tid serial = two.commit(1, Tid.NONE, "0");
    long number = one.begin();
    one.store(number, 1, serial, "mine");
    for (int vote = 1; vote <= 8; vote++) {
      serial = two.commit(1, serial, "theirs");
      assertThat(FakeClient.list(one.ask("vote", number))).as("vote %s", vote).hasSize(1);
      fixture.node.timer.advance(Tenure.RESOLVING_MAX); // it takes long: others may overtake it
      one.store(number, 1, serial, "merged");
    }
    two.commit(1, serial, "theirs");

    assertThat(one.errorClass(one.call("vote", number))).isEqualTo(POS + "ConflictError");
    assertThat(one.ask("tpc_finish", number)).isNull();
  }

  @Test
  void vote_conflict_nobodyOvertakesWhoResolvesIt() {
    Tid read = two.commit(1, Tid.NONE, "a");
    Tid committed = two.commit(1, read, "b");
    long number = one.begin();
    one.store(number, 1, read, "c");
    one.ask("vote", number);
    long other = two.begin();
    two.store(other, 1, committed, "d");
    long otherVote = two.call("vote", other);
    assertThat(two.isAnswered(otherVote)).isFalse();

    one.store(number, 1, committed, "merged");
    assertThat(one.ask("vote", number)).isEqualTo(List.of());
    one.ask("tpc_finish", number);

    assertThat(two.isAnswered(otherVote)).isTrue();
  }

  @Test
  void vote_conflict_clientGivesUp_locksNothing() {
    Tid read = two.commit(1, Tid.NONE, "a");
    Tid committed = two.commit(1, read, "b");
    long number = one.begin();
    one.store(number, 1, read, "c");
    one.ask("vote", number);
    one.ask("tpc_abort", number);

    two.commit(1, committed, "d");
  }

  @Test
  void vote_conflict_clientIsGone_locksNothing() {
    Tid read = two.commit(1, Tid.NONE, "a");
    Tid committed = two.commit(1, read, "b");
    long number = one.begin();
    one.store(number, 1, read, "c");
    one.ask("vote", number);
    one.drop();

    two.commit(1, committed, "d");
  }

  @Test
  void vote_conflictThatNoClientResolves_locksNothing() {
    Tid read = two.commit(1, Tid.NONE, "a");
    Tid committed = two.commit(1, read, "b");
    long number = one.begin();
    one.oneWay("deleteObject", FakeClient.oid(1), Wire.bytes(read), number);
    assertThat(one.errorClass(one.call("vote", number))).isEqualTo(POS + "ConflictError");

    two.commit(1, committed, "c");
  }

  @Test
  void checkCurrentSerial_changed_isAReadConflict() {
    Tid read = two.commit(1, Tid.NONE, "a");
    Tid current = two.commit(1, read, "b");
    long number = one.begin();
    one.oneWay("checkCurrentSerialInTransaction", FakeClient.oid(1), Wire.bytes(read), number);
    List<?> error = one.error(one.call("vote", number));

    assertThat(error.get(0)).isEqualTo(POS + "ReadConflictError");
    assertThat(((Map<?, ?>) error.get(1)).get("serials"))
        .isEqualTo(List.of(Wire.bytes(current), Wire.bytes(read)));
    assertThat(((Map<?, ?>) error.get(1)).get("oid")).isEqualTo(FakeClient.oid(1));
    assertThat(((Map<?, ?>) error.get(1)).get("message")).isInstanceOf(String.class);
  }

  @Test
  void checkCurrentSerial_missingObject_isAKeyError() {
    long number = one.begin();
    one.oneWay(
        "checkCurrentSerialInTransaction", FakeClient.oid(9), Wire.bytes(new Tid(5)), number);
    List<?> error = one.error(one.call("vote", number));

    assertThat(error).isEqualTo(List.of(POS + "POSKeyError", List.of(FakeClient.oid(9))));
  }

  @Test
  void deleteObject_missingObject_isAKeyError() {
    long number = one.begin();
    one.oneWay("deleteObject", FakeClient.oid(9), Wire.bytes(new Tid(5)), number);
    List<?> error = one.error(one.call("vote", number));

    assertThat(error).isEqualTo(List.of(POS + "POSKeyError", List.of(FakeClient.oid(9))));
  }

  // ---- §11

  private static Bytes undoId(Tid tid) {
    return Bytes.wrap(Base64.getEncoder().encode(Wire.bytes(tid).toByteArray()));
  }

  @Test
  void undoa_lastTransaction_isUndoneAndNamedByTheVote() {
    Tid first = two.commit(1, Tid.NONE, "a");
    Tid second = two.commit(1, first, "b");
    long number = one.begin();
    one.oneWay("undoa", undoId(second), number);

    assertThat(one.ask("vote", number)).isEqualTo(List.of(FakeClient.oid(1)));
    Tid undone = FakeClient.tid(one.ask("tpc_finish", number));
    assertThat(two.ask("loadSerial", FakeClient.oid(1), Wire.bytes(undone)))
        .isEqualTo(Bytes.utf8("a"));
  }

  @Test
  void undoa_changedLater_isMultipleUndoErrors() {
    Tid first = two.commit(1, Tid.NONE, "a");
    Tid second = two.commit(1, first, "b");
    two.commit(1, second, "c");
    long number = one.begin();
    one.oneWay("undoa", undoId(second), number);
    List<?> error = one.error(one.call("vote", number));

    assertThat(error.get(0)).isEqualTo(POS + "MultipleUndoErrors");
    assertThat(((Map<?, ?>) error.get(1)).get("_errs"))
        .isEqualTo(
            List.of(List.of(FakeClient.oid(1), "Some data were modified by a later transaction")));
  }

  @Test
  void undoa_unknownTransaction_isMultipleUndoErrors() {
    long known = one.begin();
    one.oneWay("undoa", undoId(new Tid(77)), known);
    assertThat(one.errorClass(one.call("vote", known))).isEqualTo(POS + "MultipleUndoErrors");
    long nonsense = one.begin();
    one.oneWay("undoa", Bytes.utf8("?!"), nonsense);
    assertThat(one.errorClass(one.call("vote", nonsense))).isEqualTo(POS + "MultipleUndoErrors");
  }

  @Test
  void undoa_idAsText_isMultipleUndoErrors() {
    Tid tid = two.commit(1, Tid.NONE, "a");
    long number = one.begin();
    one.oneWay("undoa", undoId(tid).toUtf8(), number);

    assertThat(one.errorClass(one.call("vote", number))).isEqualTo(POS + "MultipleUndoErrors");
    assertThat(one.connection.closedWhy()).isNull();
  }
}
