package io.troika.server.service.commit;

import static io.troika.server.service.ServiceFixture.PATIENCE;
import static io.troika.server.service.ServiceFixture.done;
import static io.troika.server.service.ServiceFixture.failure;
import static io.troika.server.service.ServiceFixture.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.config.NodeConfig.StagingLimits;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.StorageCreated;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.command.StorageChange.SetQuota;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.core.pack.ReferenceFinder;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.blobs.BlobUpload;
import io.troika.server.service.feed.FeedEvent;
import io.troika.server.service.feed.FeedSubscriber;
import io.troika.server.service.ports.FakeLog;
import io.troika.server.service.refusals.LockTimeoutException;
import io.troika.server.service.refusals.OutcomeUnknownException;
import io.troika.server.service.refusals.RequestRefusedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Transactions over several storages on the leader: locks, early refusals, one outcome. */
final class JointCommitTest {
  private final ServiceFixture fixture = new ServiceFixture();
  private final StorageId main = fixture.storage;
  private final StorageId other =
      ((StorageCreated) fixture.log.apply(new CreateStorage("other", new UUID(5, 6))))
          .storage()
          .id();

  @AfterEach
  void close() {
    fixture.close();
  }

  private TransactionRequest share(TransactionId id, StorageId storage, Write... writes) {
    return new TransactionRequest(
        id, storage, TransactionMetadata.EMPTY, List.of(), List.of(writes), List.of(), List.of());
  }

  private JointRequest joint(Write inMain, Write inOther) {
    TransactionId id = fixture.newId();
    return new JointRequest(List.of(share(id, other, inOther), share(id, main, inMain)));
  }

  private CompletableFuture<TransactionOutcome> commit(JointRequest request) {
    return fixture.transactions().commit(request, PATIENCE);
  }

  private Tid last(StorageId storage) {
    return fixture.service.reads().applied(storage).lastTid();
  }

  @Test
  void commit_twoStorages_areAtOneTidAndEachWatcherIsTold() {
    List<String> told = new ArrayList<>();
    for (StorageId each : List.of(main, other)) {
      var unused = fixture.service.feed().subscribe(each, told(each, told));
    }
    Committed committed =
        (Committed) done(commit(joint(write(1, Tid.NONE, "a"), write(2, Tid.NONE, "b"))));

    assertThat(last(main)).isEqualTo(committed.tid());
    assertThat(last(other)).isEqualTo(committed.tid());
    assertThat(told)
        .containsExactlyInAnyOrder(
            main + " " + committed.tid() + " [0x1]", other + " " + committed.tid() + " [0x2]");
  }

  private static FeedSubscriber told(StorageId storage, List<String> told) {
    return new FeedSubscriber() {
      @Override
      public boolean isReady() {
        return true;
      }

      @Override
      public void deliver(FeedEvent event) {
        if (event instanceof FeedEvent.Committed committed) {
          committed
              .transactions()
              .forEach(each -> told.add(storage + " " + each.tid() + " " + each.oids()));
        }
      }
    };
  }

  @Test
  void commit_togetherLargerThanALogEntry_hasToBeStaged() {
    Bytes half = Bytes.wrap(new byte[FakeLog.COMMAND_BYTES_MAX / 2 + 1]);
    Throwable refused =
        failure(
            commit(
                joint(
                    new Write(new Oid(1), Tid.NONE, half), new Write(new Oid(2), Tid.NONE, half))));

    assertThat(refused)
        .isInstanceOf(RequestRefusedException.class)
        .hasMessageContaining("the limit of a log entry is 1048576 bytes")
        .hasMessageContaining("more has to be staged ahead");
    assertThat(last(main)).isEqualTo(Tid.NONE);
  }

  /** One record of so many bytes in each storage, staged ahead. */
  private static JointRequest staged(ServiceFixture in, int bytes, StorageId... storages) {
    TransactionId id = in.newId();
    List<TransactionRequest> shares = new ArrayList<>();
    for (StorageId storage : storages) {
      BlobUpload upload = in.service.blobs().upload(storage, new BlobId(id, 0));
      done(upload.write(Bytes.wrap(new byte[bytes])));
      BlobReference stage = done(upload.finish());
      StagedData data = new StagedData(stage.id(), stage.chunkBytes(), 0, bytes);
      shares.add(
          new TransactionRequest(
              id,
              storage,
              TransactionMetadata.EMPTY,
              List.of(),
              List.of(new Write(new Oid(1), Tid.NONE, null, null, data)),
              List.of(),
              List.of(),
              List.of(stage),
              NextTry.NONE));
    }
    return new JointRequest(shares);
  }

  @Test
  void commit_stagedInBoth_isCommittedThoughTooLargeForALogEntry() {
    int bytes = FakeLog.COMMAND_BYTES_MAX / 2 + 1;
    JointRequest request = staged(fixture, bytes, main, other);

    Committed committed = (Committed) done(commit(request));

    for (StorageId each : List.of(main, other)) {
      assertThat(last(each)).isEqualTo(committed.tid());
      assertThat(fixture.service.reads().applied(each).dataBytes()).isEqualTo(bytes);
    }
    assertThat(done(commit(request))).isEqualTo(committed);
    assertThat(fixture.store.stagedBlobs()).isEmpty();
  }

  @Test
  void commit_stagedRecordLargerThanALogEntry_isRefused() {
    assertThat(failure(commit(staged(fixture, FakeLog.COMMAND_BYTES_MAX + 1, main, other))))
        .hasMessageContaining("a record of 1048577 bytes");
  }

  @Test
  void commit_stagedDataOfAllStoragesTogether_isLimited() {
    int bytes = 600_000;
    long room = 1L << 30;
    try (ServiceFixture small =
        new ServiceFixture(
            Runnable::run,
            ReferenceFinder.NONE,
            ServiceFixture.LIMITS.withStaging(
                new StagingLimits(Duration.ofHours(1), room, room, 1 << 20)))) {
      StorageId second =
          ((StorageCreated) small.log.apply(new CreateStorage("other", new UUID(5, 6))))
              .storage()
              .id();

      assertThat(
              failure(
                  small
                      .transactions()
                      .commit(staged(small, bytes, small.storage, second), PATIENCE)))
          .hasMessageContaining("limits.transaction-size-max");
      assertThat(
              done(
                  small
                      .transactions()
                      .commit(staged(small, bytes / 2, small.storage, second), PATIENCE)))
          .isInstanceOf(Committed.class);
    }
  }

  @Test
  void commit_stagedInAStorageThatHasNoRoomBesides_isRefusedInBoth() {
    JointRequest request = staged(fixture, 1_000, main, other);
    var unused = fixture.log.apply(new SetQuota(other, 999));

    assertThat(done(commit(request)))
        .isInstanceOfSatisfying(
            Rejected.class, rejected -> assertThat(rejected.message()).contains("storage 'other'"));
    assertThat(last(main)).isEqualTo(Tid.NONE);
  }

  @Test
  void commit_conflictInOneThatIsCertain_isRefusedWithoutTheLogAndNamesTheStorage() {
    JointRequest first = joint(write(1, Tid.NONE, "a"), write(2, Tid.NONE, "b"));
    Tid tid = ((Committed) done(commit(first))).tid();
    long appended = fixture.log.submittedCount();

    TransactionOutcome outcome =
        done(commit(joint(write(9, Tid.NONE, "new"), write(2, Tid.NONE, "stale"))));

    assertThat(outcome)
        .isEqualTo(
            new Conflict(
                List.of(
                    new ObjectConflict(
                        ObjectConflict.Kind.WRITE, other, new Oid(2), Tid.NONE, tid))));
    assertThat(fixture.log.submittedCount()).isEqualTo(appended);
    assertThat(last(main)).isEqualTo(tid);
    // Sent again, the first one gets what it got.
    assertThat(done(commit(first))).isEqualTo(new Committed(tid));
  }

  @Test
  void commit_objectOfOneStorageLockedByAVote_waitsAndLocksNothingElseWithoutIt() {
    TransactionRequest voted = share(fixture.newId(), other, write(2, Tid.NONE, "voted"));
    assertThat(done(fixture.vote(voted))).isInstanceOf(VoteAnswer.Voted.class);

    CompletableFuture<TransactionOutcome> waiting =
        commit(joint(write(1, Tid.NONE, "a"), write(2, Tid.NONE, "b")));
    assertThat(waiting).isNotDone();
    // The same number in the other storage is another object.
    assertThat(fixture.commit(2, Tid.NONE, "free")).isEqualTo(last(main));

    fixture.transactions().abort(voted.id());
    assertThat(done(waiting)).isInstanceOf(Committed.class);
  }

  @Test
  void commit_waitsForLongerThanItsPatience_givesAllLocksBack() {
    TransactionRequest voted = share(fixture.newId(), other, write(2, Tid.NONE, "voted"));
    assertThat(done(fixture.vote(voted))).isInstanceOf(VoteAnswer.Voted.class);
    CompletableFuture<TransactionOutcome> waiting =
        fixture
            .transactions()
            .commit(joint(write(1, Tid.NONE, "a"), write(2, Tid.NONE, "b")), Duration.ofSeconds(1));

    fixture.timer.advance(Duration.ofSeconds(1));

    assertThat(failure(waiting)).isInstanceOf(LockTimeoutException.class);
    assertThat(fixture.commit(1, Tid.NONE, "free")).isEqualTo(last(main));
  }

  @Test
  void commit_readOfAnotherStorageChanged_conflicts() {
    Tid first = fixture.commit(1, Tid.NONE, "a");
    Tid second = fixture.commit(1, first, "b");
    TransactionId id = fixture.newId();
    TransactionRequest reading =
        new TransactionRequest(
            id,
            main,
            TransactionMetadata.EMPTY,
            List.of(new ReadCheck(new Oid(1), first)),
            List.of(),
            List.of(),
            List.of());

    TransactionOutcome outcome =
        done(commit(new JointRequest(List.of(reading, share(id, other, write(1, Tid.NONE, "x"))))));

    assertThat(outcome)
        .isEqualTo(
            new Conflict(
                List.of(
                    new ObjectConflict(
                        ObjectConflict.Kind.READ, main, new Oid(1), first, second))));
    assertThat(last(other)).isEqualTo(Tid.NONE);
  }

  @Test
  void commit_answerLost_theSameIdGetsTheOutcome() {
    JointRequest request = joint(write(1, Tid.NONE, "a"), write(2, Tid.NONE, "b"));
    fixture.log.loseAnswers(true);
    assertThat(failure(commit(request))).isInstanceOf(OutcomeUnknownException.class);
    fixture.log.loseAnswers(false);

    assertThat(done(commit(request))).isEqualTo(new Committed(last(main)));
    assertThat(last(other)).isEqualTo(last(main));
    assertThat(fixture.service.reads().applied(main).transactionCount()).isEqualTo(1);
  }

  @Test
  void commit_objectsOfAllStoragesTogether_areLimited() {
    TransactionId id = fixture.newId();
    List<Write> many = new ArrayList<>();
    for (int i = 0; i <= ServiceFixture.LIMITS.transactionObjectsMax() / 2; i++) {
      many.add(write(i, Tid.NONE, "x"));
    }
    Write[] writes = many.toArray(Write[]::new);

    assertThat(
            failure(
                commit(
                    new JointRequest(List.of(share(id, main, writes), share(id, other, writes))))))
        .hasMessageContaining("the limit is 1000");
  }

  @Test
  void commit_oneStorageHasNoRoom_isRefusedAndTakesNoneOfTheOther() {
    for (StorageId each : List.of(main, other)) {
      var unused = fixture.log.apply(new SetQuota(each, each.equals(main) ? 5 : 2));
    }

    TransactionOutcome refused =
        done(commit(joint(write(1, Tid.NONE, "1234"), write(1, Tid.NONE, "123"))));

    assertThat(refused)
        .isInstanceOfSatisfying(
            Rejected.class, rejected -> assertThat(rejected.message()).contains("storage 'other'"));
    assertThat(done(commit(joint(write(1, Tid.NONE, "12345"), write(1, Tid.NONE, "12")))))
        .isInstanceOf(Committed.class);
  }

  @Test
  void request_ofOneStorageOrOneTwiceOrTwoIds_isAMistake() {
    TransactionRequest one = share(fixture.newId(), main, write(1, Tid.NONE, "a"));
    TransactionRequest otherId = share(fixture.newId(), other, write(1, Tid.NONE, "a"));
    for (List<TransactionRequest> shares :
        List.of(List.of(one), List.of(one, one), List.of(one, otherId))) {
      assertThatThrownBy(() -> new JointRequest(shares))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
