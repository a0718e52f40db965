package io.troika.server.front.zeo;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.config.ZeoConfig;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.session.Values;
import io.troika.server.front.zeo.wire.Wire;
import io.troika.server.front.zeo.wire.ZeoMessage;
import io.troika.server.front.zeo.wire.ZeoMessage.Flag;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What may be called when (zeo-protocol.md §1, §2, §6.1), and reads (§6.2). */
class SessionPhasesTest {
  private static final String POS = "ZODB.POSException.";
  private static final Bytes MAX = Wire.bytes(Tid.MAX);

  /** Later than all transactions of these tests. */
  private static final double NOW_SECONDS = 1e9;

  private SessionFixture fixture;
  private FakeClient client;

  @BeforeEach
  void start() {
    fixture = new SessionFixture();
    client = new FakeClient(fixture.context);
  }

  @AfterEach
  void stop() {
    client.close();
    fixture.close();
  }

  private FakeClient registered() {
    client.reply(client.call("register", "main", false));
    return client;
  }

  @Test
  void firstMessage_notRegister_closes() {
    client.call("ping");
    assertThat(client.connection.closedWhy()).contains("'ping'");
  }

  @Test
  void groupIsCutOff_itsClientsAreSentAway_othersAndTheUnregisteredStay() {
    client.sendAway("g0");
    registered();
    client.sendAway("g1");
    assertThat(client.connection.closedWhy()).isNull();

    client.sendAway("g0");
    assertThat(client.connection.closedWhy()).contains("cut off");
  }

  @Test
  void register_twice_closes() {
    registered().call("register", "main", false);
    assertThat(client.connection.closedWhy()).contains("'register'");
  }

  @Test
  void register_whatFollowsComesLater_isHeard() {
    ManualExecutor thread = new ManualExecutor();
    try (FakeClient late = new FakeClient(fixture.context, thread)) {
      thread.hold();
      long register = late.call("register", "main", false);
      Tid tid = fixture.node.commit(1, Tid.NONE, "a");
      thread.release();

      assertThat(late.reply(register)).isEqualTo(Wire.bytes(Tid.NONE));
      assertThat(late.methodsAfter(1)).containsExactly("invalidateTransaction");
      assertThat(late.ask("lastTransaction")).isEqualTo(Wire.bytes(tid));
    }
  }

  /** Until it is subscribed nobody is there to be told that it takes again what it is sent. */
  @Test
  void register_clientTookNothingJustThen_isAnswered() {
    FakeClient[] busy = new FakeClient[1];
    AtomicBoolean first = new AtomicBoolean(true);
    Executor thread =
        task -> {
          boolean takesNothing = first.getAndSet(false);
          if (takesNothing) {
            busy[0].setWritable(false);
          }
          task.run();
          if (takesNothing) {
            busy[0].setWritable(true);
          }
        };
    try (FakeClient late = new FakeClient(fixture.context, thread)) {
      busy[0] = late;

      assertThat(late.ask("register", "main", false)).isEqualTo(Wire.bytes(Tid.NONE));
    }
  }

  @Test
  void register_emptyStorage_answersZeros() {
    assertThat(client.ask("register", "main", false)).isEqualTo(Wire.bytes(Tid.NONE));
  }

  @Test
  void register_storageOne_isTheFirstStorage() {
    Tid tid = fixture.node.commit(1, Tid.NONE, "a");
    assertThat(client.ask("register", "1", false)).isEqualTo(Wire.bytes(tid));
  }

  @Test
  void register_unknownStorage_isAnErrorAndAnotherNameMayBeTried() {
    long id = client.call("register", "nowhere", false);
    assertThat(client.error(id))
        .isEqualTo(List.of("builtins.ValueError", List.of("unknown storage: nowhere")));

    registered();
    assertThat(client.connection.closedWhy()).isNull();
  }

  @Test
  void register_unknownStorage_isCreatedWhereThatIsAllowed() {
    try (SessionFixture creating =
            new SessionFixture(ZeoConfig.DEFAULT.creatingMissingStorages(true));
        FakeClient other = new FakeClient(creating.context)) {
      assertThat(other.ask("register", "new", false)).isEqualTo(Wire.bytes(Tid.NONE));
      assertThat(creating.node.service.reads().storage("new").name()).isEqualTo("new");
    }
  }

  @Test
  void register_noLeader_endsAfterAWhileWithoutAnError() {
    fixture.node.log.loseLeader(2);
    client.call("register", "main", false);
    assertThat(client.connection.closedWhy()).isNull();
    for (int i = 0; i < 60; i++) {
      fixture.node.timer.advance(Duration.ofMillis(100));
    }

    assertThat(client.connection.sent()).isEmpty();
    assertThat(client.connection.closedWhy()).contains("register");
  }

  @Test
  void unknownMethod_closes() {
    registered().call("undo");
    assertThat(client.connection.closedWhy()).contains("'undo'");
  }

  @Test
  void keepAlive_isIgnored() {
    client.send(new ZeoMessage(-1L, Flag.RESULT, ".reply", null));
    registered().send(new ZeoMessage(-1L, Flag.RESULT, ".reply", null));
    assertThat(client.connection.closedWhy()).isNull();
  }

  @Test
  void wrongArguments_areAnErrorOrTheEnd() {
    assertThat(registered().errorClass(client.call("getTid", "text")))
        .isEqualTo("builtins.TypeError");
    assertThat(client.errorClass(client.call("getTid"))).isEqualTo("builtins.TypeError");
    client.oneWay("storea", 1L);
    assertThat(client.connection.closedWhy()).contains("storea");
  }

  @Test
  void getInfo_namesWhatIsSupported() {
    Map<?, ?> info = FakeClient.map(registered().ask("get_info"));
    assertThat(info.get("name")).isEqualTo("main");
    assertThat(info.get("supportsUndo")).isEqualTo(true);
    assertThat(String.valueOf(info.get("interfaces")))
        .contains("IStorageUndoable")
        .contains("IBlobStorage");
  }

  @Test
  void loadBefore_unknownObject_saysSoOnlyIfTheLeaderKnowsNothingNewer() {
    fixture.node.commit(1, Tid.NONE, "a");
    registered();
    fixture.node.log.loseLeader(2);

    long unknown = client.call("loadBefore", FakeClient.oid(2), MAX);
    assertThat(client.ask("loadBefore", FakeClient.oid(1), MAX)).isNotNull();
    assertThat(client.isAnswered(unknown)).isFalse();
    fixture.node.commitElsewhere(2, Tid.NONE, "b");
    fixture.node.log.lead(3);
    fixture.node.timer.advance(Duration.ofSeconds(1));

    assertThat(FakeClient.list(client.reply(unknown)).get(0)).isEqualTo(Bytes.utf8("b"));
  }

  @Test
  void loadBefore_packedAway_isNotAnErrorOfTheObject() {
    Tid first = fixture.node.commit(1, Tid.NONE, "a");
    Tid second = fixture.node.commit(1, first, "b");
    Tid third = fixture.node.commit(1, second, "c");
    registered();

    client.ask("pack", Values.seconds(third) + 1, false);

    assertThat(client.ask("loadBefore", FakeClient.oid(1), Wire.bytes(second))).isNull();
    assertThat(client.errorClass(client.call("loadBefore", FakeClient.oid(2), Wire.bytes(second))))
        .contains("POSKeyError");
  }

  @Test
  void loadBefore_tellsTheRevisionOrThatThereIsNone() {
    Tid first = fixture.node.commit(1, Tid.NONE, "a");
    Tid second = fixture.node.commit(1, first, "b");
    registered();

    assertThat(client.ask("loadBefore", FakeClient.oid(1), MAX))
        .isEqualTo(Wire.tuple(Bytes.utf8("b"), Wire.bytes(second), null));
    assertThat(client.ask("loadBefore", FakeClient.oid(1), Wire.bytes(first))).isNull();
    assertThat(client.error(client.call("loadBefore", FakeClient.oid(2), MAX)))
        .isEqualTo(List.of(POS + "POSKeyError", List.of(FakeClient.oid(2))));
  }

  @Test
  void message_idThatIsNoNumber_comesBackAsItWas() {
    fixture.node.commit(1, Tid.NONE, "a");
    Object id = Wire.tuple(FakeClient.oid(1), MAX);
    registered()
        .send(new ZeoMessage(id, Flag.CALL, "loadBefore", Wire.tuple(FakeClient.oid(1), MAX)));

    List<ZeoMessage> sent = client.connection.sent();
    assertThat(sent.get(sent.size() - 1).id()).isEqualTo(id);
  }

  @Test
  void recordIternext_walksAllObjects() {
    Tid tid = fixture.node.commit(5, fixture.node.commit(3, Tid.NONE, "a"), "b");
    registered();

    List<?> first = FakeClient.list(client.ask("record_iternext", (Object) null));
    assertThat(first.get(0)).isEqualTo(FakeClient.oid(3));
    assertThat(client.ask("record_iternext", first.get(3)))
        .isEqualTo(Wire.tuple(FakeClient.oid(5), Wire.bytes(tid), Bytes.utf8("b"), null));
  }

  /** One client's long answer must not hold up the others of its event loop. */
  @Test
  void questionsThatMayReadMuch_areLeftToTheExecutor_aLoadIsNot() {
    fixture.node.commit(1, Tid.NONE, "a");
    ManualExecutor executor = new ManualExecutor();
    try (FakeClient other = FakeClient.registered(fixture.withExecutor(executor))) {
      executor.hold();
      assertThat(other.ask("loadBefore", FakeClient.oid(1), MAX)).isNotNull();
      List<Long> questions =
          List.of(
              other.call("record_iternext", (Object) null),
              other.call("getInvalidations", Wire.bytes(Tid.NONE)),
              other.call("history", FakeClient.oid(1), 10L),
              other.call("undoLog", 0L, -20L),
              other.call("iterator_start", null, null));
      assertThat(questions).noneMatch(other::isAnswered);

      executor.release();
      assertThat(questions).allMatch(other::isAnswered);
    }
  }

  @Test
  void newOids_areFreshAndAtMostAHundred() {
    List<?> first = FakeClient.list(registered().ask("new_oids", 1_000L));
    List<?> second = FakeClient.list(client.ask("new_oids"));
    assertThat(first).hasSize(100);
    assertThat(first.contains(FakeClient.oid(0))).as("the root's").isFalse();
    assertThat(Collections.disjoint(first, second)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"new_oids", "ping", "lastTransaction"})
  void callThatNeedsTheLeader_noneForAMinute_closes(String method) {
    registered();
    fixture.node.log.loseLeader(2);
    long id = client.call(method);
    assertThat(client.connection.closedWhy()).isNull();
    for (int i = 0; i < 700; i++) {
      fixture.node.timer.advance(Duration.ofMillis(100));
    }

    assertThat(client.isAnswered(id)).isFalse();
    assertThat(client.connection.closedWhy()).contains(method);
  }

  @Test
  void iterators_walkTransactionsAndRecordsAndEnd() {
    Tid first = fixture.node.commit(1, Tid.NONE, "a");
    Tid second = fixture.node.commit(1, first, "b");
    registered();

    Object iterator = client.ask("iterator_start", null, null);
    assertThat(FakeClient.list(client.ask("iterator_next", iterator)).get(0))
        .isEqualTo(Wire.bytes(first));
    Object records = client.ask("iterator_record_start", iterator, Wire.bytes(first));
    assertThat(client.ask("iterator_record_next", records))
        .isEqualTo(Wire.tuple(FakeClient.oid(1), Wire.bytes(first), Bytes.utf8("a"), null));
    assertThat(client.ask("iterator_record_next", records)).isNull();
    assertThat(FakeClient.list(client.ask("iterator_next", iterator)).get(0))
        .isEqualTo(Wire.bytes(second));
    assertThat(client.ask("iterator_next", iterator)).isNull();
    assertThat(client.error(client.call("iterator_next", iterator)))
        .isEqualTo(List.of("builtins.KeyError", List.of(iterator)));
  }

  @Test
  void sendBlob_noSuchRevision_isAKeyError() {
    registered();
    assertThat(client.errorClass(client.call("sendBlob", FakeClient.oid(1), MAX)))
        .isEqualTo(POS + "POSKeyError");
  }

  @Test
  void pack_oldRevisions_isAnsweredOnceTheyAreGone() {
    stop();
    ZeoConfig usual = ZeoConfig.DEFAULT;
    fixture =
        new SessionFixture(
            new ZeoConfig(
                usual.listen(),
                usual.encoding(),
                usual.frameBytesMax(),
                usual.connectionsMax(),
                usual.transactionTimeout(),
                usual.createMissingStorages(),
                false));
    client = new FakeClient(fixture.context);
    registered();
    Tid first = fixture.node.commit(1, Tid.NONE, "a");
    fixture.node.commit(1, first, "b");

    long waits = client.call("pack", NOW_SECONDS, true);
    long waitsNot = client.call("pack", NOW_SECONDS, false);
    assertThat(client.reply(waitsNot)).isNull();
    assertThat(client.isAnswered(waits)).isFalse();
    fixture.node.timer.advance(Duration.ofSeconds(1));

    assertThat(client.reply(waits)).isNull();
    assertThat(client.methodsAfter(0)).contains("info");
    assertThat(fixture.node.store.history(fixture.node.storage, new Oid(1), Tid.MAX, 10))
        .hasSize(1);
  }

  @Test
  void pack_recordsThatCannotBeRead_isAnErrorThatNamesTheOid() {
    registered();
    fixture.node.commit(0, Tid.NONE, "a");

    long id = client.call("pack", NOW_SECONDS, true);
    fixture.node.timer.advance(Duration.ofSeconds(1));

    assertThat(client.errorClass(id)).isEqualTo(POS + "StorageError");
    assertThat(client.error(id).toString()).contains("oid 0x0");
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e300, 1e18, -1e12, Double.NEGATIVE_INFINITY, Double.NaN})
  void pack_timeThatNoTransactionCanHave_isAnError(double time) {
    registered();
    assertThat(client.errorClass(client.call("pack", time, true))).isEqualTo("builtins.ValueError");
  }
}
