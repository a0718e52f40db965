package io.troika.server.front.zeo;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.access.AccessControl;
import io.troika.server.config.ZeoConfig;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.session.FrontContext;
import io.troika.server.front.zeo.session.Statistics;
import io.troika.server.front.zeo.wire.Wire;
import io.troika.server.front.zeo.wire.ZeoMessage;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.commit.VoteAnswer;
import io.troika.server.service.leader.LeaderCalls;
import io.troika.server.service.leader.LeaderTransactions;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.RequestRefusedException.Reason;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a node owes its clients that has not applied yet what another node, the leader, has
 * (zeo-protocol.md §8, rules 3 to 5, and §10).
 */
class BehindTheLeaderTest {
  private final ServiceFixture node = new ServiceFixture();

  /** As the leader knows them. */
  private Tid newest = Tid.NONE;

  private VoteAnswer vote = new VoteAnswer.Voted(ServiceFixture.PATIENCE, 2);

  /** What it fails a vote with. */
  private @Nullable RequestRefusedException refusal;

  private FrontContext context = context();
  private Tid known = Tid.NONE;

  private FrontContext context() {
    LeaderCalls leader =
        (LeaderCalls)
            Proxy.newProxyInstance(
                LeaderCalls.class.getClassLoader(),
                new Class<?>[] {LeaderCalls.class},
                (proxy, method, arguments) ->
                    switch (method.getName()) {
                      case "newestTid" -> CompletableFuture.completedFuture(newest);
                      case "vote" ->
                          refusal == null
                              ? CompletableFuture.completedFuture(vote)
                              : CompletableFuture.failedFuture(refusal);
                      default -> new CompletableFuture<>();
                    });
    return new FrontContext(
        node.groups,
        new LeaderTransactions(node.service, node.timer, Runnable::run, address -> leader),
        node.timer,
        AccessControl.OPEN,
        Runnable::run,
        ZeoConfig.DEFAULT,
        new Statistics(Instant.EPOCH));
  }

  @BeforeEach
  void follow() {
    known = node.commitElsewhere(1, Tid.NONE, "a");
    newest = known;
    node.log.follow(2);
  }

  @AfterEach
  void close() {
    node.close();
  }

  /** Rule 5: else a client that comes from another node sees time go back. */
  @Test
  void register_leaderHasMore_isAnsweredOnceThatIsAppliedHere() {
    newest = known.next();
    try (FakeClient client = new FakeClient(context)) {
      long register = client.call("register", "main", false);
      assertThat(client.isAnswered(register)).isFalse();

      Tid applied = node.commitElsewhere(1, known, "b");

      assertThat(FakeClient.tid(client.reply(register))).isEqualTo(applied);
    }
  }

  /** Rules 3 and 4. */
  @ParameterizedTest
  @ValueSource(strings = {"ping", "lastTransaction"})
  void barrier_leaderHasMore_isAnsweredOnceTheClientWasToldOfThat(String method) {
    try (FakeClient client = FakeClient.registered(context)) {
      newest = known.next();
      long barrier = client.call(method);
      assertThat(client.isAnswered(barrier)).isFalse();

      node.commitElsewhere(1, known, "b");

      assertThat(client.methodsAfter(1)).containsExactly("invalidateTransaction", ZeoMessage.REPLY);
      assertThat(client.isAnswered(barrier)).isTrue();
    }
  }

  /** §10: the client loads what is committed next, to merge it. */
  @Test
  void vote_conflictWithWhatIsNotHereYet_isAnsweredOnceItIs() {
    try (FakeClient client = FakeClient.registered(context)) {
      ObjectConflict conflict =
          new ObjectConflict(ObjectConflict.Kind.WRITE, new Oid(1), known, known.next());
      vote = new VoteAnswer.Refused(new Conflict(List.of(conflict)));
      long number = client.begin();
      client.store(number, 1, known, "c");

      long voting = client.call("vote", number);
      assertThat(client.isAnswered(voting)).isFalse();
      node.commitElsewhere(1, known, "b");

      assertThat(FakeClient.map(FakeClient.list(client.reply(voting)).get(0)).get("serials"))
          .isEqualTo(List.of(Wire.bytes(known.next()), Wire.bytes(known)));
    }
  }

  /** As it is told by a leader: a collector of garbage goes on to the next object then. */
  @Test
  void vote_leaderKnowsNoObjectToDelete_isThatObjectsError() {
    try (FakeClient client = FakeClient.registered(context)) {
      refusal = new RequestRefusedException(Reason.UNKNOWN_OBJECT, "oid 0x2: no such object");
      long number = client.begin();
      client.oneWay("deleteObject", FakeClient.oid(2), Wire.bytes(known), number);

      long voting = client.call("vote", number);

      assertThat(client.errorClass(voting)).isEqualTo("ZODB.POSException.POSKeyError");
      assertThat(client.error(voting).get(1)).isEqualTo(Wire.tuple(FakeClient.oid(2)));
    }
  }

  /** As a historical connection asks, whose time somebody else named. */
  @Test
  void loadBefore_timeThatIsNotHereYet_isAnsweredOnceItIs() {
    try (FakeClient client = FakeClient.registered(context)) {
      newest = known.next();
      Bytes oid = FakeClient.oid(1);
      assertThat(FakeClient.list(client.ask("loadBefore", oid, Wire.bytes(known.next()))).get(0))
          .isEqualTo(Bytes.utf8("a"));

      long load = client.call("loadBefore", oid, Wire.bytes(new Tid(Long.MAX_VALUE - 1)));
      assertThat(client.isAnswered(load)).isFalse();
      Tid applied = node.commitElsewhere(1, known, "b");

      assertThat(client.reply(load))
          .isEqualTo(Wire.tuple(Bytes.utf8("b"), Wire.bytes(applied), null));
    }
  }

  /** Who has gone holds nothing, though what becomes of its transaction is still open. */
  @Test
  void connectionLost_whileTheLeaderFinishes_givesBackWhatWasHeld() {
    try (FakeClient client = FakeClient.registered(context)) {
      long number = client.begin();
      client.store(number, 1, known, "b");
      client.ask("vote", number);
      long finish = client.call("tpc_finish", number);
      assertThat(client.isAnswered(finish)).isFalse();
      assertThat(context.budget().taken()).isPositive();

      client.drop();

      assertThat(context.budget().taken()).isZero();
      assertThat(context.statistics().of("main").activeTransactions.sum()).isZero();
    }
  }
}
