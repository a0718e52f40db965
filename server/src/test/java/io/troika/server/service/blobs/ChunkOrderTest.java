package io.troika.server.service.blobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.ports.ServiceTimer;
import io.troika.server.service.refusals.StoppingException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ChunkOrderTest {
  private static final BlobId BLOB = new BlobId(new TransactionId(new UUID(0, 1), 1), 0);
  private static final BlobKey KEY = new BlobKey(new StorageId(1), BLOB);
  private static final BlobReference CONTENT = BlobReference.empty(BLOB, 1);

  private static final int PIECE_BYTES = BlobReference.CHUNK_BYTES_MAX;
  private static final int PIECES = (int) (ChunkOrder.HELD_BYTES_MAX / PIECE_BYTES);

  private final List<Long> sent = new ArrayList<>();
  private final Deque<CompletableFuture<BlobReference>> answers = new ArrayDeque<>();
  private final List<Runnable> timed = new ArrayList<>();
  private long staged;
  private final ChunkOrder order =
      new ChunkOrder(
          key -> staged,
          new ServiceTimer() {
            @Override
            public long nanoTime() {
              return 0;
            }

            @Override
            public Cancellable schedule(Duration delay, Runnable task) {
              timed.add(task);
              return () -> timed.remove(task);
            }
          });

  private CompletableFuture<BlobReference> send(long offset) {
    return send(offset, 1);
  }

  private CompletableFuture<BlobReference> send(long offset, int bytes) {
    return order.send(
        KEY,
        new BlobChunk(BLOB, bytes, offset, Bytes.wrap(new byte[bytes])),
        () -> {
          sent.add(offset);
          CompletableFuture<BlobReference> answer = new CompletableFuture<>();
          answers.add(answer);
          return answer;
        });
  }

  private void answerAll() {
    while (!answers.isEmpty()) {
      answers.remove().complete(CONTENT);
    }
  }

  @Test
  void send_chunksThatOvertakeEachOther_goInTheirOrder() {
    CompletableFuture<BlobReference> early = send(2);
    List.of(1L, 0L, 4L, 3L).forEach(offset -> assertThat(send(offset)).isNotDone());

    assertThat(sent).containsExactly(0L, 1L, 2L, 3L, 4L);
    answerAll();
    assertThat(early).isCompletedWithValue(CONTENT);
  }

  @Test
  void send_aBlobOfWhichSomeIsStaged_goesOnFromThere() {
    staged = 7;
    assertThat(send(8)).isNotDone();
    assertThat(send(7)).isNotDone();

    assertThat(sent).containsExactly(7L, 8L);
  }

  @Test
  void send_predecessorDoesNotCome_goesItsWayAfterAMoment() {
    assertThat(send(1)).isNotDone();
    assertThat(sent).isEmpty();

    timed.forEach(Runnable::run);

    assertThat(sent).containsExactly(1L);
  }

  @Test
  void send_againAfterAllWasAnswered_startsFromWhatIsStaged() {
    assertThat(send(0)).isNotDone();
    assertThat(send(1)).isNotDone();
    answerAll(); // and the log did not take the second

    staged = 1;
    assertThat(send(2)).isNotDone();
    assertThat(sent).as("held").containsExactly(0L, 1L);
    assertThat(send(1)).isNotDone();

    assertThat(sent).containsExactly(0L, 1L, 1L, 2L);
  }

  @Test
  void send_whileOneIsSent_goesOutBehindIt() {
    var outer =
        order.send(
            KEY,
            new BlobChunk(BLOB, 1, 0, Bytes.wrap(new byte[] {1})),
            () -> {
              var inner = send(1); // as another thread would, before this one is in the log
              assertThat(sent).isEmpty();
              sent.add(0L);
              return inner;
            });

    assertThat(outer).isNotDone();
    assertThat(sent).containsExactly(0L, 1L);
  }

  private void holdAsMuchAsMayBe() {
    for (long held = 0; held < ChunkOrder.HELD_BYTES_MAX; held += PIECE_BYTES) {
      assertThat(send(held + PIECE_BYTES, PIECE_BYTES)).isNotDone();
    }
    assertThat(sent).as("held").isEmpty();
  }

  @Test
  void send_asMuchIsHeldAsMayBe_goesItsWay() {
    long most = ChunkOrder.HELD_BYTES_MAX;
    holdAsMuchAsMayBe();

    assertThat(send(most + 2 * PIECE_BYTES)).isNotDone();
    assertThat(sent).containsExactly(most + 2 * PIECE_BYTES);

    assertThat(send(0, PIECE_BYTES)).isNotDone();
    assertThat(sent).hasSize(PIECES + 2).endsWith(most - PIECE_BYTES, most);
    assertThat(send(most + 3 * PIECE_BYTES)).isNotDone();
    assertThat(sent).as("held, as there is room again").hasSize(PIECES + 2);
  }

  @Test
  void send_heldForTooLong_makesRoomForOthers() {
    holdAsMuchAsMayBe();
    timed.forEach(Runnable::run);
    assertThat(sent).hasSize(PIECES);

    assertThat(send(ChunkOrder.HELD_BYTES_MAX + 2 * PIECE_BYTES)).isNotDone();
    assertThat(sent).as("held").hasSize(PIECES);
  }

  @Test
  void send_sameChunkAgainWhileItIsHeld_goesItsWay() {
    assertThat(send(1)).isNotDone();
    assertThat(send(1)).isNotDone();
    assertThat(sent).containsExactly(1L);

    assertThat(send(0)).isNotDone();
    assertThat(sent).containsExactly(1L, 0L, 1L);
  }

  @Test
  void send_refusedByTheLog_failsAndThoseBehindItGoOn() {
    CompletableFuture<BlobReference> behind = send(1);
    var refused =
        order.send(
            KEY,
            new BlobChunk(BLOB, 1, 0, Bytes.wrap(new byte[] {1})),
            () -> {
              throw new StoppingException("this node stops");
            });

    assertThat(refused).isCompletedExceptionally();
    assertThat(sent).containsExactly(1L);
    answerAll();
    assertThat(behind).isCompletedWithValue(CONTENT);
  }
}
