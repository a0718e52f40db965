package io.troika.server.front.zeo;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.config.ZeoConfig;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.wire.Wire;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.ports.FakeLog;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The commit protocol (zeo-protocol.md §9). */
class CommitCallsTest extends TwoClientsFixture {
  private long voted(FakeClient client, long oid, Tid serial, String data) {
    long number = client.begin();
    client.store(number, oid, serial, data);
    assertThat(client.ask("vote", number)).isEqualTo(List.of());
    return number;
  }

  @Test
  void storesBeforeTheVote_holdNoLock() {
    long number = one.begin();
    one.store(number, 1, Tid.NONE, "a");

    two.commit(1, Tid.NONE, "b");
    assertThat(two.connection.closedWhy()).isNull();
  }

  @Test
  void vote_objectLockedByAnother_waitsWithoutHoldingUpTheConnection() {
    long first = voted(one, 1, Tid.NONE, "a");
    long second = two.begin();
    two.store(second, 1, Tid.NONE, "b");
    long vote = two.call("vote", second);

    assertThat(two.isAnswered(vote)).isFalse();
    assertThat(two.ask("ping")).isNull();
    one.ask("tpc_abort", first);
    assertThat(two.reply(vote)).isEqualTo(List.of());
  }

  @Test
  void vote_disjointObjects_doesNotWait() {
    voted(one, 1, Tid.NONE, "a");
    voted(two, 2, Tid.NONE, "b");
  }

  @Test
  void storea_sameObjectTwice_theLastOneCounts() {
    long number = one.begin();
    one.store(number, 1, Tid.NONE, "a");
    one.store(number, 1, Tid.NONE, "b");
    one.ask("vote", number);
    Tid tid = FakeClient.tid(one.ask("tpc_finish", number));

    assertThat(two.ask("loadSerial", FakeClient.oid(1), Wire.bytes(tid)))
        .isEqualTo(Bytes.utf8("b"));
  }

  @Test
  void storea_objectThatNeverWas_isTakenWithAnySerial() {
    voted(one, 1, new Tid(77), "a");
  }

  @Test
  void storea_serialThatIsNone_isOfANewObject() {
    for (Object none : Arrays.asList(null, "\0\0\0\0\0\0\0\0")) {
      long number = one.begin();
      long oid = number;
      one.oneWay("storea", FakeClient.oid(oid), none, Bytes.utf8("a"), number);
      assertThat(one.ask("vote", number)).isEqualTo(List.of());
      assertThat(one.ask("tpc_finish", number)).isNotNull();

      long again = one.begin();
      one.oneWay("storea", FakeClient.oid(oid), none, Bytes.utf8("b"), again);
      assertThat(FakeClient.list(one.ask("vote", again))).hasSize(1);
      one.ask("tpc_abort", again);
    }
  }

  @Test
  void storea_dataThatIsNoBytes_isToldAtTheVote() {
    for (Object data : Arrays.asList(null, "text")) {
      long number = one.begin();
      one.oneWay("storea", FakeClient.oid(1), Wire.bytes(Tid.NONE), data, number);
      List<?> error = one.error(one.call("vote", number));

      assertThat(error.get(0)).isEqualTo(POS + "StorageTransactionError");
      assertThat(error.get(1).toString()).contains("data of oid").contains("expected bytes");
      assertThat(one.connection.closedWhy()).isNull();
    }
  }

  @Test
  void vote_again_isAnErrorAndChangesNothing() {
    long number = voted(one, 1, Tid.NONE, "a");
    List<?> error = one.error(one.call("vote", number));

    assertThat(error.get(0)).isEqualTo(POS + "StorageTransactionError");
    assertThat(error.get(1)).isEqualTo(List.of("Already voting (locked)"));
    assertThat(one.ask("tpc_finish", number)).isNotNull();
  }

  @Test
  void vote_withoutTransaction_isAnError() {
    assertThat(one.errorClass(one.call("vote", 5L))).isEqualTo(POS + "StorageTransactionError");
  }

  @Test
  void vote_thatFails_leavesNoTransaction() {
    Tid tid = two.commit(1, Tid.NONE, "a");
    two.commit(1, tid, "b");
    long number = one.begin();
    one.oneWay("deleteObject", FakeClient.oid(1), Wire.bytes(tid), number);
    assertThat(one.errorClass(one.call("vote", number))).isEqualTo(POS + "ConflictError");

    assertThat(one.ask("tpc_finish", number)).isNull();
    assertThat(one.ask("tpc_abort", number)).isNull();
    one.commit(2, Tid.NONE, "c");
  }

  @Test
  void tpcFinish_tellsTheSizeThenTheTid() {
    long number = voted(one, 1, Tid.NONE, "abc");
    int before = one.connection.sent().size();
    one.call("tpc_finish", number);

    assertThat(one.methodsAfter(before)).containsExactly("info", ".reply");
    assertThat(FakeClient.list(one.connection.sent().get(before).args()).get(0))
        .isEqualTo(Map.of("length", 1L, "size", 3L));
  }

  @Test
  void tpcFinish_unknownTransaction_isNil() {
    assertThat(one.ask("tpc_finish", 9L)).isNull();
  }

  @Test
  void tpcAbort_unknownTransaction_isNil() {
    assertThat(one.ask("tpc_abort", 9L)).isNull();
  }

  @Test
  void connectionLost_afterTheVote_freesTheLocks() {
    voted(one, 1, Tid.NONE, "a");
    long second = two.begin();
    two.store(second, 1, Tid.NONE, "b");
    long vote = two.call("vote", second);
    assertThat(two.isAnswered(vote)).isFalse();

    one.drop();
    assertThat(two.reply(vote)).isEqualTo(List.of());
  }

  @Test
  void connectionLost_whileTheVoteWaits_leavesNoLockBehind() {
    long first = voted(one, 1, Tid.NONE, "a");
    long waiting = two.begin();
    two.store(waiting, 1, Tid.NONE, "b");
    two.call("vote", waiting);
    two.drop();
    one.ask("tpc_abort", first);

    try (FakeClient three = fixture.client()) {
      three.commit(1, Tid.NONE, "c");
    }
  }

  /** Shorter than the leader's lease, which would give the locks back too. */
  @Test
  void transactionTimeout_freesTheLocksAndClosesTheConnection() {
    Duration time = ServiceFixture.LIMITS.voteLease().dividedBy(3);
    ZeoConfig usual = ZeoConfig.DEFAULT;
    ZeoConfig quick =
        new ZeoConfig(
            usual.listen(),
            usual.encoding(),
            usual.frameBytesMax(),
            usual.connectionsMax(),
            time,
            usual.createMissingStorages(),
            usual.packGarbage());
    try (SessionFixture hurried = new SessionFixture(quick);
        FakeClient first = hurried.client();
        FakeClient second = hurried.client()) {
      voted(first, 1, Tid.NONE, "a");
      hurried.node.timer.advance(time);

      assertThat(first.connection.closedWhy()).contains(time.toMillis() + " ms");
      second.commit(1, Tid.NONE, "b");
    }
  }

  @Test
  void tpcBegin_sameNumberAgain_isIgnored() {
    long number = one.begin();
    one.store(number, 1, Tid.NONE, "a");
    one.oneWay("tpc_begin", number, Bytes.EMPTY, Bytes.EMPTY, Map.of(), null, " ");

    one.ask("vote", number);
    assertThat(one.ask("tpc_finish", number)).isNotNull();
  }

  @Test
  void tpcBegin_anotherWhileOneIsOpen_closes() {
    one.begin();
    one.begin();

    assertThat(one.connection.closedWhy()).contains("another transaction is open");
  }

  @Test
  void storea_ofAnotherTransaction_closes() {
    one.begin();
    one.store(1, 1, Tid.NONE, "a");

    assertThat(one.connection.closedWhy()).contains("transaction 1 is not open");
  }

  @Test
  void vote_overTheQuota_isAnErrorThatNamesIt_andTheConnectionGoesOn() {
    Tid first = one.commit(1, Tid.NONE, "12345678");
    ServiceFixture.done(fixture.node.service.storageChanges().setQuota("main", 10));
    long number = one.begin();
    one.store(number, 2, Tid.NONE, "123");

    List<?> error = one.error(one.call("vote", number));

    assertThat(error.get(0)).isEqualTo(POS + "StorageTransactionError");
    assertThat(error.get(1).toString())
        .contains("storage 'main' has 8 bytes and a quota of 10, so 3 bytes more are not taken");
    assertThat(one.connection.closedWhy()).isNull();
    ServiceFixture.done(fixture.node.service.storageChanges().setQuota("main", 16));
    one.commit(1, first, "12345678");
  }

  @Test
  void vote_moreThanALogEntryHolds_isAnErrorThatNamesTheLimit() {
    long number = one.begin();
    one.store(number, 1, Tid.NONE, "x".repeat(FakeLog.COMMAND_BYTES_MAX));
    List<?> error = one.error(one.call("vote", number));

    assertThat(error.get(0)).isEqualTo(POS + "StorageTransactionError");
    assertThat(String.valueOf(error.get(1))).contains("raft.entry-size-max", "1048576");
    one.commit(2, Tid.NONE, "small");
  }

  @Test
  void readOnly_writes_areRefused() {
    try (FakeClient reader = new FakeClient(fixture.context)) {
      reader.reply(reader.call("register", "main", true));
      assertThat(reader.errorClass(reader.call("new_oids"))).isEqualTo(POS + "ReadOnlyError");
      reader.begin();
      assertThat(reader.connection.closedWhy()).contains("read-only");
    }
  }

  @Test
  void tpcFinish_leaderLostAfterTheVote_isSentToTheNextUnderTheSameId() {
    long number = voted(one, 1, Tid.NONE, "a");
    fixture.node.log.loseLeader(2);
    long finish = one.call("tpc_finish", number);
    assertThat(one.isAnswered(finish)).isFalse();
    fixture.node.log.lead(3);
    fixture.node.timer.advance(Duration.ofSeconds(1));

    assertThat(one.reply(finish)).isNotNull();
    assertThat(two.invalidated()).containsExactly(FakeClient.tid(one.reply(finish)));
  }

  @Test
  void tpcFinish_answerLost_isOneTransaction() {
    long number = voted(one, 1, Tid.NONE, "a");
    fixture.node.log.loseAnswers(true);
    long finish = one.call("tpc_finish", number);
    fixture.node.log.loseAnswers(false);
    fixture.node.timer.advance(Duration.ofSeconds(1));

    assertThat(one.reply(finish)).isNotNull();
    assertThat(two.invalidated()).hasSize(1);
  }
}
