package io.troika.server.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.access.AccessControl;
import io.troika.server.config.HostAndPort;
import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.UndoConflict;
import io.troika.server.core.command.Outcome.UndoObstacle;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.front.grpc.FrontSetting;
import io.troika.server.front.grpc.GrpcFront;
import io.troika.server.health.FakeGroup;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.blobs.BlobChunk;
import io.troika.server.service.catalog.ExpectedHistory;
import io.troika.server.service.commit.TransactionRequest;
import io.troika.server.service.commit.VoteAnswer;
import io.troika.server.service.leader.LeaderCalls;
import io.troika.server.service.refusals.HistoryReplacedException;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.OutcomeUnknownException;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.RequestRefusedException.Reason;
import io.troika.server.service.refusals.StagingFullException;
import io.troika.server.tls.NodeTls;
import io.troika.server.tls.NodeTls.ClientCertificates;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Over a real port: what the leader's service answers is what the follower's front hears. */
@Timeout(300)
class GrpcLeaderTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final ServiceFixture node = new ServiceFixture();
  private final GrpcLeaders leaders = new GrpcLeaders("n3", NodeTls.NONE);
  private GrpcFront front;
  private LeaderCalls leader;

  @BeforeEach
  void start() throws IOException {
    front =
        GrpcFront.start(
            new HostAndPort("127.0.0.1", 0),
            NodeTls.NONE.forClients(ClientCertificates.REQUIRED),
            FrontSetting.alone(
                "n1", node.groups, FakeGroup.health(node.log, node.timer), AccessControl.OPEN),
            List.of());
    leader = leaders.at("127.0.0.1:" + front.port());
  }

  @AfterEach
  void stop() {
    leaders.close();
    front.stop(Duration.ZERO);
    node.close();
  }

  private static <T> T get(CompletableFuture<T> answer) throws Exception {
    try {
      return answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    } catch (TimeoutException e) {
      throw new AssertionError("no answer", e);
    }
  }

  @Test
  void newestTid_isTheLeadersNewest() throws Exception {
    Tid tid = node.commit(1, Tid.NONE, "a");

    assertThat(get(leader.newestTid("main", PATIENCE))).isEqualTo(tid);
  }

  @Test
  void voteAndFinish_commitTheTransaction() throws Exception {
    TransactionRequest request = node.writing(ServiceFixture.write(1, Tid.NONE, "a"));

    assertThat(get(leader.vote("main", ExpectedHistory.ANY, request, PATIENCE)))
        .isEqualTo(new VoteAnswer.Voted(ServiceFixture.LIMITS.voteLease(), 1));
    assertThat(get(leader.finish("main", request.id(), PATIENCE))).isInstanceOf(Committed.class);
    assertThat(node.store.newestBefore(node.storage, new Oid(1), Tid.MAX)).isNotNull();
  }

  @Test
  void voteAndCommit_anotherStorageHasTheName_doNothing() throws Exception {
    StorageState storage = node.service.reads().storage("main");
    ExpectedHistory present = new ExpectedHistory(storage.uuid(), storage.epoch());
    for (ExpectedHistory meant :
        List.of(
            new ExpectedHistory(new UUID(4, 2), storage.epoch()),
            new ExpectedHistory(storage.uuid(), storage.epoch() + 1))) {
      TransactionRequest request = node.writing(ServiceFixture.write(1, Tid.NONE, "a"));
      Class<?> expected =
          meant.epoch() == present.epoch()
              ? HistoryReplacedException.class
              : NotLeaderException.class; // it is behind
      assertThatThrownBy(() -> get(leader.vote("main", meant, request, PATIENCE)))
          .isInstanceOf(expected);
      assertThatThrownBy(() -> get(leader.commit("main", meant, request, PATIENCE)))
          .isInstanceOf(expected);
    }
    assertThat(node.store.newestBefore(node.storage, new Oid(1), Tid.MAX)).isNull();
    TransactionRequest request = node.writing(ServiceFixture.write(1, Tid.NONE, "a"));
    assertThat(get(leader.vote("main", present, request, PATIENCE)))
        .isInstanceOf(VoteAnswer.Voted.class);
  }

  @Test
  void vote_conflicts_areAllTold() throws Exception {
    List<ObjectConflict> expected = new ArrayList<>();
    List<Write> writes = new ArrayList<>();
    for (int oid = 1; oid <= 300; oid++) {
      Tid read = node.commit(oid, Tid.NONE, "a");
      Tid current = node.commit(oid, read, "b");
      writes.add(ServiceFixture.write(oid, read, "c"));
      expected.add(new ObjectConflict(ObjectConflict.Kind.WRITE, new Oid(oid), read, current));
    }
    TransactionRequest request = node.request(List.of(), writes, List.of(), List.of());

    assertThat(get(leader.vote("main", ExpectedHistory.ANY, request, PATIENCE)))
        .isEqualTo(new VoteAnswer.Refused(new Conflict(expected)));
  }

  @Test
  void vote_readsDeletesAndUndos_travelToo() throws Exception {
    Tid first = node.commit(1, Tid.NONE, "a");
    Tid second = node.commit(1, first, "b");
    Tid third = node.commit(1, second, "c");

    assertThat(
            get(
                leader.vote(
                    "main",
                    ExpectedHistory.ANY,
                    node.request(
                        List.of(new ReadCheck(new Oid(1), first)), List.of(), List.of(), List.of()),
                    PATIENCE)))
        .isEqualTo(
            new VoteAnswer.Refused(
                new Conflict(
                    List.of(
                        new ObjectConflict(ObjectConflict.Kind.READ, new Oid(1), first, third)))));
    assertThat(
            get(
                leader.vote(
                    "main",
                    ExpectedHistory.ANY,
                    node.request(
                        List.of(), List.of(), List.of(new Delete(new Oid(1), first)), List.of()),
                    PATIENCE)))
        .isEqualTo(
            new VoteAnswer.Refused(
                new Conflict(
                    List.of(
                        new ObjectConflict(
                            ObjectConflict.Kind.DELETE, new Oid(1), first, third)))));
    assertThat(
            get(
                leader.vote(
                    "main",
                    ExpectedHistory.ANY,
                    node.request(List.of(), List.of(), List.of(), List.of(second)),
                    PATIENCE)))
        .isEqualTo(
            new VoteAnswer.Refused(
                new UndoConflict(List.of(new UndoObstacle(new Oid(1), second, third)))));
  }

  @Test
  void restore_keepsTheTidAndBringsTheBlob() throws Exception {
    Tid given = node.log.tidCandidate().next();
    TransactionId id = node.newId();
    BlobChunk chunk = new BlobChunk(new BlobId(id, 0), 16, 0, Bytes.utf8("some bytes"));
    BlobReference blob = get(leader.stage("main", chunk, PATIENCE));
    RestoreTransactions copy =
        new RestoreTransactions(
            id,
            node.storage,
            List.of(
                new RestoredTransaction(
                    given,
                    'p',
                    TransactionMetadata.EMPTY,
                    List.of(
                        new RestoredRevision(new Oid(1), Bytes.utf8("a"), null, blob),
                        new RestoredRevision(new Oid(2), null, null)))));

    assertThat(get(leader.restore("main", copy, PATIENCE))).isEqualTo(new Committed(given));
    assertThat(node.log.followersTold()).containsExactly("n3");
    assertThat(node.store.transaction(node.storage, given))
        .matches(copied -> copied != null && copied.status() == 'p');
    assertThat(get(node.service.blobs().open("main", new Oid(1), given, PATIENCE)).reference())
        .isEqualTo(blob);
  }

  @Test
  void commitOrFinish_leaderTellsThisNodeAtOnce_voteDoesNot() throws Exception {
    TransactionRequest request = node.writing(ServiceFixture.write(1, Tid.NONE, "a"));
    get(leader.vote("main", ExpectedHistory.ANY, request, PATIENCE));
    assertThat(node.log.followersTold()).isEmpty();
    get(leader.finish("main", request.id(), PATIENCE));
    assertThat(node.log.followersTold()).containsExactly("n3");

    get(
        leader.commit(
            "main",
            ExpectedHistory.ANY,
            node.writing(ServiceFixture.write(2, Tid.NONE, "b")),
            PATIENCE));
    assertThat(node.log.followersTold()).containsExactly("n3", "n3");
  }

  @Test
  void finish_notVoted_isAnUnknownSession() {
    assertThatThrownBy(() -> get(leader.finish("main", node.newId(), PATIENCE)))
        .isInstanceOfSatisfying(
            RequestRefusedException.class,
            refused -> assertThat(refused.reason()).isEqualTo(Reason.UNKNOWN_SESSION));
  }

  @Test
  void newestTid_storageThatIsNotThere_isRefused() {
    assertThatThrownBy(() -> get(leader.newestTid("nowhere", PATIENCE)))
        .isInstanceOfSatisfying(
            RequestRefusedException.class,
            refused -> assertThat(refused.reason()).isEqualTo(Reason.UNKNOWN_STORAGE));
  }

  @Test
  void newestTid_notTheLeader_saysWhoIs() {
    node.log.follow(2);

    assertThatThrownBy(() -> get(leader.newestTid("main", PATIENCE)))
        .isInstanceOfSatisfying(
            NotLeaderException.class,
            failure -> assertThat(failure.leadership().leader()).isEqualTo("n2"));
  }

  @Test
  void stageVoteFinish_bringABlob() throws Exception {
    TransactionId id = node.newId();
    Bytes data = Bytes.utf8("some bytes");
    BlobReference blob =
        get(leader.stage("main", new BlobChunk(new BlobId(id, 3), 16, 0, data), PATIENCE));
    assertThat(blob).isEqualTo(BlobReference.empty(new BlobId(id, 3), 16).with(data));
    TransactionRequest request =
        new TransactionRequest(
            id,
            node.storage,
            TransactionMetadata.EMPTY,
            List.of(),
            List.of(new Write(new Oid(1), Tid.NONE, Bytes.utf8("a"), blob)),
            List.of(),
            List.of());
    assertThat(get(leader.vote("main", ExpectedHistory.ANY, request, PATIENCE)))
        .isInstanceOf(VoteAnswer.Voted.class);
    Tid tid = ((Committed) get(leader.finish("main", id, PATIENCE))).tid();

    assertThat(get(node.service.blobs().open("main", new Oid(1), tid, PATIENCE)).read(0, 100))
        .isEqualTo(data);
  }

  @Test
  void abandon_letsGoOfWhatIsStaged() throws Exception {
    TransactionId id = node.newId();
    get(leader.stage("main", new BlobChunk(new BlobId(id, 0), 16, 0, Bytes.utf8("a")), PATIENCE));
    assertThat(node.store.stagedBlobs()).hasSize(1);
    get(leader.abandon("main", id, PATIENCE));

    assertThat(node.store.stagedBlobs()).isEmpty();
  }

  @Test
  void stage_expiredOrFull_travelsAsWhatItIs() throws Exception {
    TransactionRequest decided = node.writing(ServiceFixture.write(1, Tid.NONE, "a"));
    get(leader.commit("main", ExpectedHistory.ANY, decided, PATIENCE));
    BlobChunk late = new BlobChunk(new BlobId(decided.id(), 0), 16, 0, Bytes.utf8("b"));

    assertThatThrownBy(() -> get(leader.stage("main", late, PATIENCE)))
        .isInstanceOfSatisfying(
            RequestRefusedException.class,
            refused -> assertThat(refused.reason()).isEqualTo(Reason.STAGING_LOST));
    node.log.refuse(new StagingFullException("full"));
    assertThatThrownBy(() -> get(leader.stage("main", late, PATIENCE)))
        .isInstanceOf(StagingFullException.class);
  }

  @Test
  void allocateOids_takesABlock() throws Exception {
    assertThat(get(leader.allocateOids("main", 10, PATIENCE)).count()).isEqualTo(10);
  }

  @Test
  void connectionRefused_isAnUnknownOutcome() {
    front.stop(Duration.ZERO);

    assertThatThrownBy(() -> get(leader.newestTid("main", PATIENCE)))
        .isInstanceOf(OutcomeUnknownException.class);
  }
}
