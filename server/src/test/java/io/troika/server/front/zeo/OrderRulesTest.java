package io.troika.server.front.zeo;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.wire.Wire;
import io.troika.server.front.zeo.wire.ZeoMessage;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The rules of zeo-protocol.md §8, each by itself. */
class OrderRulesTest {
  private static final Bytes MAX = Wire.bytes(Tid.MAX);

  private SessionFixture fixture;
  private FakeClient reader;
  private FakeClient writer;

  @BeforeEach
  void start() {
    fixture = new SessionFixture();
    reader = fixture.client();
    writer = fixture.client();
  }

  @AfterEach
  void stop() {
    reader.close();
    writer.close();
    fixture.close();
  }

  /** Rule 1. */
  @Test
  void loadBefore_appliedButNotYetInvalidated_waitsForTheInvalidation() {
    Tid first = writer.commit(1, Tid.NONE, "a");
    fixture.feed.hold();
    Tid second = fixture.node.commitElsewhere(1, first, "b");

    long load = reader.call("loadBefore", FakeClient.oid(1), MAX);
    assertThat(reader.isAnswered(load)).as("before the invalidation").isFalse();
    fixture.feed.release();

    assertThat(reader.methodsAfter(2)).containsExactly("invalidateTransaction", ZeoMessage.REPLY);
    assertThat(reader.reply(load)).isEqualTo(Wire.tuple(Bytes.utf8("b"), Wire.bytes(second), null));
  }

  /** Rule 1. */
  @Test
  void loadBefore_readWhileATransactionIsApplied_isTheStateOfThePosition() {
    Tid first = writer.commit(1, Tid.NONE, "a");
    assertThat(reader.ask("loadBefore", FakeClient.oid(1), MAX))
        .isEqualTo(Wire.tuple(Bytes.utf8("a"), Wire.bytes(first), null));
    Tid second = writer.commit(1, first, "b");

    assertThat(reader.ask("loadBefore", FakeClient.oid(1), Wire.bytes(second)))
        .isEqualTo(Wire.tuple(Bytes.utf8("a"), Wire.bytes(first), Wire.bytes(second)));
  }

  /** Rule 2. */
  @Test
  void tpcFinish_othersCommittedBefore_areInvalidatedBeforeTheReply() {
    fixture.feed.hold();
    Tid other = fixture.node.commitElsewhere(2, Tid.NONE, "b");
    long number = writer.begin();
    writer.store(number, 1, Tid.NONE, "a");
    long vote = writer.call("vote", number);
    assertThat(writer.isAnswered(vote)).isFalse();
    fixture.feed.release();
    fixture.feed.hold();
    long finish = writer.call("tpc_finish", number);
    Tid later = fixture.node.commitElsewhere(3, Tid.NONE, "c");
    assertThat(writer.isAnswered(finish)).as("not before its turn in the feed").isFalse();
    fixture.feed.release();

    assertThat(writer.methodsAfter(1))
        .containsExactly(
            "invalidateTransaction",
            ZeoMessage.REPLY,
            "info",
            ZeoMessage.REPLY,
            "invalidateTransaction");
    assertThat(writer.invalidated()).containsExactly(other, later);
    assertThat(FakeClient.tid(writer.reply(finish))).isBetween(other, later);
  }

  /** Rule 2: the committer is not told of its own transaction, everybody else is. */
  @Test
  void tpcFinish_ownTransaction_isInvalidatedForOthersOnly() {
    Tid tid = writer.commit(1, Tid.NONE, "a");

    assertThat(writer.invalidated()).isEmpty();
    assertThat(reader.invalidated()).containsExactly(tid);
  }

  /** Rule 3. */
  @Test
  void register_transactionsAroundIt_areInTheReplyOrInvalidatedNeverBoth() {
    Tid before = writer.commit(1, Tid.NONE, "a");
    fixture.feed.hold();
    Tid between = fixture.node.commitElsewhere(1, before, "b");
    FakeClient late = new FakeClient(fixture.context);
    long register = late.call("register", "main", false);
    Tid after = fixture.node.commitElsewhere(1, between, "c");
    fixture.feed.release();

    assertThat(FakeClient.tid(late.reply(register))).isEqualTo(between);
    assertThat(late.invalidated()).containsExactly(after);
    assertThat(late.connection.sent().get(0).isReply()).isTrue();
    late.close();
  }

  /** Rule 3. */
  @Test
  void lastTransaction_isWhatTheClientWasToldUpTo() {
    fixture.feed.hold();
    Tid tid = fixture.node.commitElsewhere(1, Tid.NONE, "a");
    long last = reader.call("lastTransaction");
    assertThat(reader.isAnswered(last)).isFalse();
    fixture.feed.release();

    assertThat(reader.methodsAfter(1)).containsExactly("invalidateTransaction", ZeoMessage.REPLY);
    assertThat(FakeClient.tid(reader.reply(last))).isEqualTo(tid);
  }

  /** Rule 3. */
  @Test
  void getInvalidations_listsWhatChangedUpToThePosition() {
    Tid first = writer.commit(1, Tid.NONE, "a");
    Tid second = writer.commit(2, Tid.NONE, "b");

    assertThat(reader.ask("getInvalidations", Wire.bytes(Tid.NONE)))
        .isEqualTo(List.of(Wire.bytes(second), List.of(FakeClient.oid(1), FakeClient.oid(2))));
    assertThat(reader.ask("getInvalidations", Wire.bytes(first)))
        .isEqualTo(List.of(Wire.bytes(second), List.of(FakeClient.oid(2))));
    assertThat(reader.ask("getInvalidations", Wire.bytes(second)))
        .isEqualTo(List.of(Wire.bytes(second), List.of()));
    assertThat(reader.ask("getInvalidations", Wire.bytes(second.next())))
        .isEqualTo(List.of(Wire.bytes(second), List.of()));
  }

  /** Rule 4. */
  @Test
  void ping_isAnsweredAfterTheInvalidationsOfAllThatWasCommitted() {
    fixture.feed.hold();
    fixture.node.commitElsewhere(1, Tid.NONE, "a");
    long ping = reader.call("ping");
    assertThat(reader.isAnswered(ping)).isFalse();
    fixture.feed.release();

    assertThat(reader.methodsAfter(1)).containsExactly("invalidateTransaction", ZeoMessage.REPLY);
    assertThat(reader.isAnswered(ping)).isTrue();
  }

  /** Rule 5. */
  @Test
  void register_asksTheLeaderForTheNewestTransaction() {
    long proofs = fixture.node.log.proofCount();
    FakeClient late = fixture.client();

    assertThat(fixture.node.log.proofCount()).isEqualTo(proofs + 1);
    late.close();
  }

  @Test
  void invalidateTransaction_withoutObjects_isSentToo() {
    long number = writer.begin();
    writer.ask("vote", number);
    Tid tid = FakeClient.tid(writer.ask("tpc_finish", number));

    assertThat(reader.connection.sent().get(1))
        .isEqualTo(ZeoMessage.oneWay("invalidateTransaction", Wire.bytes(tid), List.of()));
  }

  @Test
  void invalidateTransaction_namesDeletedAndUndoneAndRestoredObjects() {
    Tid stored = writer.commit(1, Tid.NONE, "a");
    long deletion = writer.begin();
    writer.oneWay("deleteObject", FakeClient.oid(1), Wire.bytes(stored), deletion);
    writer.ask("vote", deletion);
    Tid deleted = FakeClient.tid(writer.ask("tpc_finish", deletion));

    assertThat(reader.connection.sent().get(2))
        .isEqualTo(
            ZeoMessage.oneWay(
                "invalidateTransaction", Wire.bytes(deleted), List.of(FakeClient.oid(1))));
  }

  /** A client that takes nothing gets nothing more, and is cut off rather than buffered for. */
  @Test
  void slowClient_backlogFull_isClosed() {
    reader.setWritable(false);
    Tid last = Tid.NONE;
    for (int i = 0; i < 40; i++) {
      last = fixture.node.commitElsewhere(1, last, "a" + i);
    }

    assertThat(reader.invalidated()).isEmpty();
    assertThat(reader.connection.closedWhy()).contains("lost");
  }
}
