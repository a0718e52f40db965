package io.troika.server.front.zeo;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.wire.Wire;
import io.troika.server.front.zeo.wire.ZeoMessage;
import io.troika.server.service.blobs.BlobUpload;
import java.io.ByteArrayOutputStream;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Blobs over the wire (zeo-protocol.md §12). */
class BlobCallsTest {
  private static final String POS = "ZODB.POSException.";
  private static final int PIECE_BYTES = 59_000; // as clients cut them

  private SessionFixture fixture;
  private FakeClient client;

  @BeforeEach
  void start() {
    fixture = new SessionFixture();
    client = fixture.client();
  }

  @AfterEach
  void stop() {
    client.close();
    fixture.close();
  }

  private static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    new Random(count).nextBytes(bytes);
    return bytes;
  }

  /** As ZEO's ClientStorage does it. */
  private void store(long number, long oid, Tid serial, byte[] blob) {
    client.store(number, oid, serial, "record");
    client.oneWay("storeBlobStart");
    for (int from = 0; from < blob.length; from += PIECE_BYTES) {
      client.oneWay(
          "storeBlobChunk",
          Bytes.wrap(blob).slice(from, Math.min(PIECE_BYTES, blob.length - from)));
    }
    client.oneWay(
        "storeBlobEnd", FakeClient.oid(oid), Wire.bytes(serial), Bytes.utf8("record"), number);
  }

  private Tid commit(long oid, Tid serial, byte[] blob) {
    long number = client.begin();
    store(number, oid, serial, blob);
    client.ask("vote", number);
    return FakeClient.tid(client.ask("tpc_finish", number));
  }

  /** What the client gets for its sendBlob, checked to come in the order of the protocol. */
  private byte[] load(FakeClient from, long oid, Tid tid) {
    int before = from.connection.sent().size();
    from.ask("sendBlob", FakeClient.oid(oid), Wire.bytes(tid));
    List<ZeoMessage> sent =
        from.connection.sent().stream()
            .skip(before)
            .filter(message -> message.isReply() || message.method().startsWith("receiveBlob"))
            .toList();
    assertThat(sent.get(0).method()).isEqualTo("receiveBlobStart");
    assertThat(sent.get(sent.size() - 2).method()).isEqualTo("receiveBlobStop");
    assertThat(sent.get(sent.size() - 1).isReply()).isTrue();
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (ZeoMessage message : sent.subList(0, sent.size() - 1)) {
      List<?> arguments = FakeClient.list(message.args());
      assertThat(arguments.get(0)).isEqualTo(FakeClient.oid(oid));
      assertThat(arguments.get(1)).isEqualTo(Wire.bytes(tid));
      if (message.method().equals("receiveBlobChunk")) {
        content.writeBytes(((Bytes) arguments.get(2)).toByteArray());
      }
    }
    return content.toByteArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, PIECE_BYTES, 1_000_000})
  void blob_stored_isSentToAnyClient(int count) {
    Tid tid = commit(1, Tid.NONE, bytes(count));
    try (FakeClient other = fixture.client()) {
      assertThat(load(other, 1, tid)).isEqualTo(bytes(count));
    }
  }

  @Test
  void blobs_twoInATransaction_areKeptApart() {
    long number = client.begin();
    store(number, 1, Tid.NONE, bytes(300_000));
    store(number, 2, Tid.NONE, bytes(70_000));
    client.ask("vote", number);
    Tid tid = FakeClient.tid(client.ask("tpc_finish", number));

    assertThat(load(client, 1, tid)).isEqualTo(bytes(300_000));
    assertThat(load(client, 2, tid)).isEqualTo(bytes(70_000));
  }

  @Test
  void blob_ofAnAbortedTransaction_isNotThere() {
    long number = client.begin();
    store(number, 1, Tid.NONE, bytes(10));
    client.ask("vote", number);
    client.ask("tpc_abort", number);
    Tid tid = client.commit(2, Tid.NONE, "without a blob");

    assertThat(client.errorClass(client.call("sendBlob", FakeClient.oid(1), Wire.bytes(tid))))
        .isEqualTo(POS + "POSKeyError");
    assertThat(client.errorClass(client.call("sendBlob", FakeClient.oid(2), Wire.bytes(tid))))
        .isEqualTo(POS + "POSKeyError");
  }

  private int stagedCount() {
    return fixture.node.store.stagedBlobs().size();
  }

  @Test
  void staged_ofATransactionThatEndsUnfinished_goesAtOnce() {
    long number = client.begin();
    store(number, 1, Tid.NONE, bytes(10));
    assertThat(stagedCount()).isEqualTo(1);
    client.ask("tpc_abort", number);
    assertThat(stagedCount()).as("aborted").isZero();

    number = client.begin();
    store(number, 1, Tid.NONE, bytes(10));
    client.ask("vote", number);
    client.ask("tpc_abort", number);
    assertThat(stagedCount()).as("aborted when it was voted").isZero();

    Tid first = client.commit(2, Tid.NONE, "a");
    client.commit(2, first, "b");
    number = client.begin();
    store(number, 1, Tid.NONE, bytes(10));
    client.oneWay("checkCurrentSerialInTransaction", FakeClient.oid(2), Wire.bytes(first), number);
    assertThat(client.errorClass(client.call("vote", number))).isEqualTo(POS + "ReadConflictError");
    assertThat(stagedCount()).as("refused").isZero();

    store(client.begin(), 1, Tid.NONE, bytes(10));
    assertThat(stagedCount()).isEqualTo(1);
    client.close();
    assertThat(stagedCount()).as("connection lost").isZero();
  }

  @Test
  void blob_ofATransactionWhoseConflictIsResolved_isCommittedWithIt() {
    Tid first = client.commit(2, Tid.NONE, "a");
    Tid second = client.commit(2, first, "b");
    long number = client.begin();
    store(number, 1, Tid.NONE, bytes(100_000));
    client.store(number, 2, first, "c");
    assertThat(FakeClient.list(client.ask("vote", number))).hasSize(1);
    client.store(number, 2, second, "b and c");
    assertThat(FakeClient.list(client.ask("vote", number))).isEmpty();
    Tid tid = FakeClient.tid(client.ask("tpc_finish", number));

    assertThat(load(client, 1, tid)).isEqualTo(bytes(100_000));
  }

  @Test
  void blob_afterAnUndo_isThatOfTheRevisionBefore() {
    Tid first = commit(1, Tid.NONE, bytes(1_000));
    Tid second = commit(1, first, bytes(2_000));
    long number = client.begin();
    Bytes undoId = Bytes.wrap(Base64.getEncoder().encode(Wire.bytes(second).toByteArray()));
    client.oneWay("undoa", undoId, number);
    client.ask("vote", number);
    Tid undone = FakeClient.tid(client.ask("tpc_finish", number));

    assertThat(load(client, 1, undone)).isEqualTo(bytes(1_000));
    assertThat(load(client, 1, second)).isEqualTo(bytes(2_000));
  }

  @Test
  void blob_stagedMoreSlowlyThanItComes_isNotReadMeanwhile() {
    long number = client.begin();
    fixture.node.log.hold();
    client.oneWay("storeBlobStart");
    int window = BlobUpload.WINDOW_CHUNKS * BlobUpload.CHUNK_BYTES;
    client.oneWay("storeBlobChunk", Bytes.wrap(bytes(window - 1)));
    assertThat(client.connection.awaited()).isDone();
    client.oneWay("storeBlobChunk", Bytes.wrap(bytes(window)));
    assertThat(client.connection.awaited()).isNotDone();

    fixture.node.log.release();
    assertThat(client.connection.awaited()).isDone();
    client.ask("tpc_abort", number);
  }

  @Test
  void sendBlob_clientThatTakesNothing_isSentAPieceAtATime() {
    Tid tid = commit(1, Tid.NONE, bytes(1_000_000));
    client.setWritable(false);
    int before = client.connection.sent().size();
    long id = client.call("sendBlob", FakeClient.oid(1), Wire.bytes(tid));
    assertThat(client.methodsAfter(before)).containsExactly("receiveBlobStart");

    client.setWritable(true);
    assertThat(client.isAnswered(id)).isTrue();
    int pieces = (1_000_000 + BlobUpload.CHUNK_BYTES - 1) / BlobUpload.CHUNK_BYTES;
    assertThat(client.methodsAfter(before)).hasSize(3 + pieces); // start, stop, the answer
  }

  @ParameterizedTest
  @ValueSource(strings = {"storeBlobStart", "storeBlobChunk"})
  void blob_withoutATransaction_closes(String method) {
    if (method.equals("storeBlobStart")) {
      client.oneWay(method);
    } else {
      client.oneWay(method, Bytes.utf8("x"));
    }
    assertThat(client.connection.closedWhy()).contains("without an open transaction");
  }

  @Test
  void chunk_withoutAStart_closes() {
    var unused = client.begin();
    client.oneWay("storeBlobChunk", Bytes.utf8("x"));
    assertThat(client.connection.closedWhy()).contains("without storeBlobStart");
  }

  @Test
  void start_beforeTheEndOfAnother_closes() {
    var unused = client.begin();
    client.oneWay("storeBlobStart");
    client.oneWay("storeBlobStart");
    assertThat(client.connection.closedWhy()).contains("storeBlobStart before the end");
  }

  @Test
  void storeBlobShared_closes() {
    long number = client.begin();
    client.oneWay(
        "storeBlobShared",
        FakeClient.oid(1),
        Wire.bytes(Tid.NONE),
        Bytes.utf8("record"),
        "x.tmp",
        number);
    assertThat(client.connection.closedWhy()).contains("shared-blob-dir");
  }

  /** A copy of a database: the protocol has no call that restores a blob. */
  @Test
  void blob_inATransactionWithAGivenTid_isKept() {
    Tid given = new Tid(1L << 60);
    client.oneWay(
        "tpc_begin", 7L, Bytes.utf8(""), Bytes.utf8(""), Map.of(), Wire.bytes(given), " ");
    store(7, 1, Tid.NONE, bytes(300_000));
    client.oneWay("restorea", FakeClient.oid(2), Wire.bytes(given), Bytes.utf8("plain"), null, 7L);
    client.ask("vote", 7L);

    assertThat(client.ask("tpc_finish", 7L)).isEqualTo(Wire.bytes(given));
    assertThat(load(client, 1, given)).isEqualTo(bytes(300_000));
    assertThat(stagedCount()).isZero();
    assertThat(client.errorClass(client.call("sendBlob", FakeClient.oid(2), Wire.bytes(given))))
        .isEqualTo(POS + "POSKeyError");
  }

  @Test
  void blob_inACopyThatIsRefused_goesAtOnce() {
    Tid newest = commit(1, Tid.NONE, bytes(10));
    client.oneWay(
        "tpc_begin", 7L, Bytes.utf8(""), Bytes.utf8(""), Map.of(), Wire.bytes(newest), " ");
    store(7, 1, newest, bytes(20));
    assertThat(client.errorClass(client.call("vote", 7L)))
        .isEqualTo(POS + "StorageTransactionError");
    client.ask("tpc_abort", 7L);

    assertThat(stagedCount()).isZero();
  }
}
