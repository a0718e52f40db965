package io.troika.server.service.blobs;

import static io.troika.server.service.ServiceFixture.done;
import static io.troika.server.service.ServiceFixture.failure;
import static io.troika.server.service.blobs.BlobUpload.CHUNK_BYTES;
import static io.troika.server.service.blobs.BlobUpload.WINDOW_CHUNKS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.InvariantViolation;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.RequestRefusedException.Reason;
import io.troika.server.service.refusals.StagingFullException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class BlobUploadTest {
  private static final BlobId BLOB = new BlobId(new TransactionId(new UUID(1, 2), 3), 0);

  private final Staging staging = new Staging();
  private final BlobUpload upload = new BlobUpload(BLOB, staging);

  /** Takes chunks as the core does, each when the test says so. */
  private static final class Staging implements BlobUpload.Sender {
    private final Deque<Sent> sent = new ArrayDeque<>();
    private BlobReference content = BlobReference.empty(BLOB, CHUNK_BYTES);

    private record Sent(BlobChunk chunk, CompletableFuture<BlobReference> answer) {}

    @Override
    public CompletableFuture<BlobReference> stage(BlobChunk chunk) {
      Sent each = new Sent(chunk, new CompletableFuture<>());
      sent.add(each);
      return each.answer();
    }

    void take(Sent each) {
      if (each.chunk().offset() == content.length()) {
        content = content.with(each.chunk().data());
      }
      each.answer().complete(content);
    }

    void takeAll() {
      for (int i = 0; i < 1_000 && !sent.isEmpty(); i++) {
        take(sent.remove());
      }
    }
  }

  private static Bytes random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return Bytes.wrap(bytes);
  }

  private static BlobReference referenceOf(Bytes whole) {
    BlobReference reference = BlobReference.empty(BLOB, CHUNK_BYTES);
    for (int at = 0; at < whole.size(); at += CHUNK_BYTES) {
      reference = reference.with(whole.slice(at, Math.min(CHUNK_BYTES, whole.size() - at)));
    }
    return reference;
  }

  @Test
  void finish_bytesInOddPieces_areStagedInChunks() {
    Bytes whole = random(2 * CHUNK_BYTES + 1_000);
    int[] sizes = {1, 70_000, CHUNK_BYTES, CHUNK_BYTES - 70_001, 1_000};
    int at = 0;
    for (int size : sizes) {
      assertThat(upload.write(whole.slice(at, size))).isCompleted();
      staging.takeAll();
      at += size;
    }
    CompletableFuture<BlobReference> end = upload.finish();
    staging.takeAll();

    assertThat(done(end)).isEqualTo(referenceOf(whole)).isEqualTo(staging.content);
    assertThat(upload.stagedBytes()).isEqualTo(whole.size());
  }

  @Test
  void finish_nothingWritten_stagesAnEmptyBlob() {
    CompletableFuture<BlobReference> end = upload.finish();
    assertThat(end).isNotDone();
    staging.takeAll();

    assertThat(done(end)).isEqualTo(BlobReference.empty(BLOB, CHUNK_BYTES));
  }

  @Test
  void finished_holdsNoBytes() {
    int count = 512;
    long before = usedBytes();
    List<BlobUpload> ended = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Staging own = new Staging();
      BlobUpload small = new BlobUpload(BLOB, own);
      assertThat(small.write(random(1))).isCompleted();
      CompletableFuture<BlobReference> end = small.finish();
      own.takeAll();
      assertThat(end).isCompleted();
      ended.add(small);
    }

    assertThat(usedBytes() - before).isLessThan((long) count * CHUNK_BYTES / 2);
    assertThat(ended).allSatisfy(each -> assertThat(each.stagedBytes()).isEqualTo(1));
  }

  private static long usedBytes() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  @Test
  void write_windowFull_waitsForRoomAndSendsNoMore() {
    CompletableFuture<Void> room = upload.write(random((WINDOW_CHUNKS + 3) * CHUNK_BYTES));
    assertThat(staging.sent).hasSize(WINDOW_CHUNKS);
    for (int i = 0; i < 3; i++) {
      assertThat(room).isNotDone();
      staging.take(staging.sent.remove());
    }
    assertThat(staging.sent).hasSize(WINDOW_CHUNKS);
    staging.take(staging.sent.remove());

    assertThat(room).isCompleted();
  }

  @Test
  void write_beforeThereIsRoom_isTheCallersMistake() {
    assertThat(upload.write(random(WINDOW_CHUNKS * CHUNK_BYTES))).isNotDone();

    assertThatThrownBy(() -> upload.write(random(1))).isInstanceOf(InvariantViolation.class);
  }

  @Test
  void chunksOutOfOrder_goesBackToTheFirstThatWasNotTaken() {
    Bytes whole = random(WINDOW_CHUNKS * CHUNK_BYTES);
    assertThat(upload.write(whole)).isNotDone();
    CompletableFuture<BlobReference> end;
    // The last one arrives first, as after a leader change: it would leave a gap.
    staging.take(staging.sent.removeLast());
    staging.takeAll();
    end = upload.finish();
    staging.takeAll();

    assertThat(done(end)).isEqualTo(referenceOf(whole)).isEqualTo(staging.content);
  }

  @Test
  void allChunksReversed_isStagedInTheEnd() {
    Bytes whole = random(WINDOW_CHUNKS * CHUNK_BYTES);
    assertThat(upload.write(whole)).isNotDone();
    for (int i = 0; i < 100 && !staging.sent.isEmpty(); i++) {
      staging.take(staging.sent.removeLast());
    }
    CompletableFuture<BlobReference> end = upload.finish();
    staging.takeAll();

    assertThat(done(end)).isEqualTo(referenceOf(whole)).isEqualTo(staging.content);
  }

  @Test
  void stagedPartsGone_isLost() {
    assertThat(upload.write(random(2 * CHUNK_BYTES))).isCompleted();
    staging.takeAll();
    staging.content = BlobReference.empty(BLOB, CHUNK_BYTES);
    assertThat(upload.write(random(CHUNK_BYTES))).isCompleted();
    staging.takeAll();
    CompletableFuture<BlobReference> end = upload.finish();

    assertThat(failure(end))
        .isInstanceOfSatisfying(
            RequestRefusedException.class,
            refused -> assertThat(refused.reason()).isEqualTo(Reason.STAGING_LOST));
  }

  @Test
  void sameBytesAgain_resumesWhereTheFirstUploadStopped() {
    Bytes whole = random(8 * CHUNK_BYTES);
    staging.content = referenceOf(whole.slice(0, 6 * CHUNK_BYTES));
    CompletableFuture<Void> room = upload.write(whole);
    staging.takeAll();
    assertThat(room).isCompleted();
    CompletableFuture<BlobReference> end = upload.finish();
    staging.takeAll();

    assertThat(done(end)).isEqualTo(referenceOf(whole)).isEqualTo(staging.content);
  }

  @Test
  void otherBytesUnderTheSameId_failAtTheEnd() {
    staging.content = referenceOf(random(6 * CHUNK_BYTES));
    CompletableFuture<Void> room = upload.write(random(7 * CHUNK_BYTES));
    staging.takeAll();
    assertThat(room).isCompleted();
    CompletableFuture<BlobReference> end = upload.finish();
    staging.takeAll();

    assertThat(failure(end)).hasMessageContaining("another content");
  }

  @Test
  void shorterBlobUnderTheSameId_failsAtTheEnd() {
    Bytes whole = random(3 * CHUNK_BYTES);
    staging.content = referenceOf(whole);
    assertThat(upload.write(whole.slice(0, CHUNK_BYTES))).isCompleted();
    staging.takeAll();

    assertThat(failure(upload.finish())).hasMessageContaining("another content");
  }

  @Test
  void chunkFails_everyFutureFailsWithIt() {
    CompletableFuture<Void> room = upload.write(random(WINDOW_CHUNKS * CHUNK_BYTES));
    RuntimeException problem = new StagingFullException("full");
    staging.sent.remove().answer().completeExceptionally(problem);

    assertThat(failure(room)).isSameAs(problem);
    assertThat(failure(upload.write(random(1)))).isSameAs(problem);
    assertThat(failure(upload.finish())).isSameAs(problem);
    staging.takeAll(); // late answers do no harm
    assertThat(staging.sent).isEmpty();
  }

  @Test
  void close_sendsNoMoreAndFailsWhoWaits() {
    CompletableFuture<Void> room = upload.write(random((WINDOW_CHUNKS + 1) * CHUNK_BYTES));
    upload.close();
    staging.takeAll();

    assertThat(failure(room)).hasMessageContaining("given up");
    assertThat(staging.content.length()).isEqualTo((long) WINDOW_CHUNKS * CHUNK_BYTES);
  }
}
