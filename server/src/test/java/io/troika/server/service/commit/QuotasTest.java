package io.troika.server.service.commit;

import static io.troika.server.service.ServiceFixture.done;
import static io.troika.server.service.ServiceFixture.failure;
import static io.troika.server.service.ServiceFixture.write;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.blobs.BlobChunk;
import io.troika.server.service.commit.VoteAnswer.Refused;
import io.troika.server.service.commit.VoteAnswer.Voted;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.service.refusals.RequestRefusedException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a storage's quota lets in. */
class QuotasTest {
  private final ServiceFixture fixture = new ServiceFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void commit_overTheQuota_isRefusedUnrecorded_andGoesThroughWithALargerOne() {
    fixture.commit(1, Tid.NONE, "12345678");
    quota(10);
    long submitted = fixture.log.submittedCount();
    TransactionRequest request = fixture.writing(write(2, Tid.NONE, "123"));

    assertOverQuota(fixture.commit(request));
    assertThat(((Rejected) done(fixture.commit(request))).message())
        .isEqualTo(
            "storage 'main' has 8 bytes and a quota of 10, so 3 bytes more are not taken:"
                + " a pack or a larger quota makes room");
    assertThat(fixture.log.submittedCount()).as("not in the log").isEqualTo(submitted);

    quota(11);
    assertThat(done(fixture.commit(request))).isInstanceOf(Committed.class);
    quota(StorageState.NO_QUOTA);
    fixture.commit(3, Tid.NONE, "more");
  }

  /** Whoever was deposed may know an old size. */
  @Test
  void overTheQuota_ofOneThatCanNotProveThatItLeads_isNotSaid() {
    quota(2);
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "123"));
    fixture.log.failProofs(new LaggingException("no majority answers"));
    assertThat(failure(fixture.commit(request))).isInstanceOf(LaggingException.class);

    fixture.log.failProofs(null);
    assertOverQuota(fixture.commit(request));
  }

  @Test
  void whatAddsNothing_isTaken() {
    Tid first = fixture.commit(1, Tid.NONE, "1234");
    Tid second = fixture.commit(1, first, "5678");
    quota(0);

    assertThat(
            done(fixture.commit(fixture.request(List.of(), List.of(), List.of(), List.of(second)))))
        .as("undo")
        .isInstanceOf(Committed.class);
    Tid now = requireNonNull(fixture.store.storage(fixture.storage)).lastTid();
    assertThat(
            done(
                fixture.commit(
                    fixture.request(
                        List.of(), List.of(), List.of(new Delete(new Oid(1), now)), List.of()))))
        .as("delete")
        .isInstanceOf(Committed.class);
  }

  @Test
  void vote_overTheQuotaWithWhatIsVoted_isRefused_untilThatIsAborted() {
    quota(10);
    TransactionRequest one = fixture.writing(write(1, Tid.NONE, "12345678"));
    TransactionRequest two = fixture.writing(write(2, Tid.NONE, "12345678"));
    assertThat(done(fixture.vote(one))).isInstanceOf(Voted.class);

    assertThat(done(fixture.vote(two))).isInstanceOf(Refused.class);
    fixture.transactions().abort(one.id());
    assertThat(done(fixture.vote(two))).isInstanceOf(Voted.class);
    assertThat(done(fixture.transactions().finish(two.id()))).isInstanceOf(Committed.class);

    assertOverQuota(fixture.commit(one));
    fixture.commit(3, Tid.NONE, "12");
  }

  @Test
  void votedTransaction_isFinished_alsoWhenTheQuotaBecameSmaller() {
    quota(10);
    TransactionRequest request = fixture.writing(write(1, Tid.NONE, "12345678"));
    assertThat(done(fixture.vote(request))).isInstanceOf(Voted.class);

    quota(0);
    assertThat(done(fixture.transactions().finish(request.id()))).isInstanceOf(Committed.class);
  }

  @Test
  void commits_underWay_countAsIfTheyWereThere() {
    quota(10);
    fixture.log.hold();
    CompletableFuture<TransactionOutcome> first =
        fixture.commit(fixture.writing(write(1, Tid.NONE, "12345678")));

    assertOverQuota(fixture.commit(fixture.writing(write(2, Tid.NONE, "123"))));
    CompletableFuture<TransactionOutcome> fits =
        fixture.commit(fixture.writing(write(3, Tid.NONE, "12")));
    fixture.log.release();
    assertThat(done(first)).isInstanceOf(Committed.class);
    assertThat(done(fits)).isInstanceOf(Committed.class);
  }

  @Test
  void copies_overTheQuota_areRefused() {
    quota(5);
    RestoredRevision revision = new RestoredRevision(new Oid(1), Bytes.utf8("123456"), null);
    RestoreTransactions copy =
        new RestoreTransactions(
            fixture.newId(),
            fixture.storage,
            List.of(
                new RestoredTransaction(
                    new Tid(10), ' ', TransactionMetadata.EMPTY, List.of(revision))));

    assertOverQuota(fixture.transactions().restore(copy, ServiceFixture.PATIENCE));
  }

  @Test
  void blob_thatCanNotBeCommitted_isRefusedByItsChunk() {
    quota(5);
    BlobId blob = new BlobId(fixture.newId(), 0);
    BlobReference three =
        done(fixture.service.blobs().stage(fixture.storage, chunk(blob, 0, "abc")));

    assertThat(failure(fixture.service.blobs().stage(fixture.storage, chunk(blob, 3, "def"))))
        .isInstanceOfSatisfying(
            RequestRefusedException.class,
            refused ->
                assertThat(refused.reason())
                    .isEqualTo(RequestRefusedException.Reason.QUOTA_EXCEEDED));
    assertThat(three.length()).isEqualTo(3);
  }

  private static BlobChunk chunk(BlobId blob, long offset, String text) {
    return new BlobChunk(blob, 3, offset, Bytes.utf8(text));
  }

  private void quota(long bytes) {
    assertThat(done(fixture.service.storageChanges().setQuota("main", bytes)).quotaBytes())
        .isEqualTo(bytes);
  }

  private static void assertOverQuota(CompletableFuture<TransactionOutcome> answer) {
    assertThat(done(answer))
        .isInstanceOfSatisfying(
            Rejected.class,
            rejected -> assertThat(rejected.reason()).isEqualTo(Reason.QUOTA_EXCEEDED));
  }
}
