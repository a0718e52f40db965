package io.troika.server.service.blobs;

import static io.troika.server.service.ServiceFixture.PATIENCE;
import static io.troika.server.service.ServiceFixture.done;
import static io.troika.server.service.ServiceFixture.failure;
import static io.troika.server.service.blobs.BlobUpload.CHUNK_BYTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.config.NodeConfig.StagingLimits;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.core.pack.ReferenceFinder;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.commit.TransactionRequest;
import io.troika.server.service.commit.VoteAnswer;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.RequestRefusedException.Reason;
import io.troika.server.service.refusals.StagingFullException;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BlobServiceTest {
  private static final Oid OID = new Oid(1);
  private static final long ROOM_BYTES = 10L * CHUNK_BYTES;

  private final ServiceFixture node =
      new ServiceFixture(
          Runnable::run,
          ReferenceFinder.NONE,
          ServiceFixture.LIMITS.withStaging(
              new StagingLimits(Duration.ofHours(1), ROOM_BYTES, ROOM_BYTES)));
  private final BlobService blobs = node.service.blobs();

  @AfterEach
  void stop() {
    node.close();
  }

  private static Bytes random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return Bytes.wrap(bytes);
  }

  private BlobReference staged(TransactionId id, Bytes whole) {
    BlobUpload upload = blobs.upload(node.storage, new BlobId(id, 0));
    done(upload.write(whole));
    return done(upload.finish());
  }

  private TransactionRequest bringing(TransactionId id, BlobReference blob) {
    return new TransactionRequest(
        id,
        node.storage,
        TransactionMetadata.EMPTY,
        List.of(),
        List.of(new Write(OID, Tid.NONE, Bytes.utf8("record"), blob)),
        List.of(),
        List.of());
  }

  private static Bytes joined(Iterator<Bytes> pieces) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    pieces.forEachRemaining(piece -> all.writeBytes(piece.toByteArray()));
    return Bytes.wrap(all.toByteArray());
  }

  private static void assertRefused(CompletableFuture<?> call, Reason reason) {
    assertThat(failure(call))
        .isInstanceOfSatisfying(
            RequestRefusedException.class,
            refused -> assertThat(refused.reason()).isEqualTo(reason));
  }

  @Test
  void stagedAndNamed_isReadByObjectAndSerial() {
    Bytes whole = random(3 * CHUNK_BYTES + 17);
    TransactionRequest request = bringing(node.newId(), staged(node.lastId(), whole));
    done(node.vote(request));
    Tid tid = ((Committed) done(node.transactions().finish(request.id()))).tid();

    BlobContent content = done(blobs.open("main", OID, tid, PATIENCE));

    assertThat(content.length()).isEqualTo(whole.size());
    assertThat(content.reference()).isEqualTo(request.writes().get(0).blob());
    assertThat(joined(content.range(0, Long.MAX_VALUE))).isEqualTo(whole);
  }

  @Test
  void range_acrossChunks_hasThoseBytesOnly() {
    Bytes whole = random(3 * CHUNK_BYTES);
    Tid tid =
        ((Committed) done(node.commit(bringing(node.newId(), staged(node.lastId(), whole))))).tid();
    BlobContent content = done(blobs.open("main", OID, tid, PATIENCE));

    int from = CHUNK_BYTES - 5;
    assertThat(joined(content.range(from, CHUNK_BYTES + 10)))
        .isEqualTo(whole.slice(from, CHUNK_BYTES + 10));
    assertThat(joined(content.range(whole.size() - 3, 100)))
        .isEqualTo(whole.slice(whole.size() - 3, 3));
    assertThat(joined(content.range(whole.size(), 100))).isEqualTo(Bytes.EMPTY);
    assertThat(joined(content.range(5, 0))).isEqualTo(Bytes.EMPTY);
    assertThatThrownBy(() -> content.range(whole.size() + 1L, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(content.read(2, 3)).isEqualTo(whole.slice(2, 3));
  }

  @Test
  void open_noSuchBlob_isRefused() {
    Tid tid = node.commit(7, Tid.NONE, "without");

    assertRefused(blobs.open("main", new Oid(7), tid, PATIENCE), Reason.UNKNOWN_BLOB);
    assertRefused(blobs.open("main", new Oid(8), tid, PATIENCE), Reason.UNKNOWN_BLOB);
  }

  @Test
  void open_serialNotAppliedHere_waitsForIt() {
    TransactionId id = node.newId();
    BlobReference blob = staged(id, random(10));
    Tid later = node.log.tidCandidate();
    CompletableFuture<BlobContent> open = blobs.open("main", OID, later, PATIENCE);
    assertThat(open).isNotDone();
    node.log.apply(bringing(id, blob).toCommand(later));

    assertThat(done(open).length()).isEqualTo(10);
  }

  @Test
  void open_serialNeverApplied_isLagging() {
    CompletableFuture<BlobContent> open = blobs.open("main", OID, new Tid(1L << 60), PATIENCE);
    node.timer.advance(PATIENCE);

    assertThat(failure(open)).isInstanceOf(LaggingException.class);
  }

  @Test
  void stage_noRoom_isNotNow() {
    staged(node.newId(), random((int) ROOM_BYTES));
    BlobUpload second = blobs.upload(node.storage, new BlobId(node.newId(), 0));

    assertThat(failure(second.write(random(CHUNK_BYTES)))).isInstanceOf(StagingFullException.class);
  }

  @Test
  void stage_transactionDecided_isLost() {
    TransactionRequest request = node.writing(ServiceFixture.write(3, Tid.NONE, "x"));
    done(node.commit(request));
    BlobUpload late = blobs.upload(node.storage, new BlobId(request.id(), 0));

    assertRefused(late.write(random(CHUNK_BYTES)), Reason.STAGING_LOST);
  }

  @Test
  void stage_otherBytesAtAKnownOffset_isRefused() {
    TransactionId id = node.newId();
    staged(id, random(CHUNK_BYTES));
    byte[] other = random(CHUNK_BYTES).toByteArray();
    other[7]++;
    BlobChunk chunk = new BlobChunk(new BlobId(id, 0), CHUNK_BYTES, 0, Bytes.wrap(other));

    assertRefused(blobs.stage(node.storage, chunk), Reason.INVALID_ARGUMENT);
  }

  @Test
  void stage_follower_isNotLeader() {
    node.log.follow(2);
    BlobUpload upload = blobs.upload(node.storage, new BlobId(node.newId(), 0));

    assertThat(failure(upload.write(random(CHUNK_BYTES)))).isInstanceOf(NotLeaderException.class);
  }

  @Test
  void vote_digestOfOtherBytes_isRefused() {
    TransactionId id = node.newId();
    BlobReference blob = staged(id, random(100));
    BlobReference wrong =
        new BlobReference(blob.id(), blob.length(), blob.chunkBytes(), random(32));

    assertThat(done(node.vote(bringing(id, wrong))))
        .isInstanceOfSatisfying(VoteAnswer.Refused.class, BlobServiceTest::assertLost);
    assertThat(done(node.vote(bringing(id, blob)))).isInstanceOf(VoteAnswer.Voted.class);
  }

  @Test
  void vote_blobStagedForAnotherTransaction_isRefused() {
    BlobReference blob = staged(node.newId(), random(100));

    assertThat(done(node.vote(bringing(node.newId(), blob))))
        .isInstanceOfSatisfying(
            VoteAnswer.Refused.class,
            refused -> assertThat(refused.outcome().toString()).contains("another transaction"));
  }

  @Test
  void commit_blobNotStaged_isRejectedAsLost() {
    TransactionId id = node.newId();
    BlobReference blob = BlobReference.empty(new BlobId(id, 0), CHUNK_BYTES);

    Outcome outcome = done(node.commit(bringing(id, blob)));
    assertLost(new VoteAnswer.Refused((Outcome.TransactionOutcome) outcome));
  }

  private static void assertLost(VoteAnswer.Refused refused) {
    assertThat(refused.outcome())
        .isInstanceOfSatisfying(
            Rejected.class,
            rejected -> assertThat(rejected.reason()).isEqualTo(Rejected.Reason.STAGING_LOST));
  }
}
