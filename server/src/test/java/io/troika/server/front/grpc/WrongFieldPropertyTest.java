package io.troika.server.front.grpc;

import static io.troika.server.front.grpc.FrontFixture.error;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.troika.api.v1.AllocateOidsRequest;
import io.troika.api.v1.BeginRequest;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.Delete;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.ErrorFamily;
import io.troika.api.v1.FinishRequest;
import io.troika.api.v1.Freshness;
import io.troika.api.v1.GetStorageRequest;
import io.troika.api.v1.HistoryRequest;
import io.troika.api.v1.InvalidationsSinceRequest;
import io.troika.api.v1.ListObjectsRequest;
import io.troika.api.v1.ListTransactionsRequest;
import io.troika.api.v1.LoadManyRequest;
import io.troika.api.v1.LoadRequest;
import io.troika.api.v1.LoadSerialRequest;
import io.troika.api.v1.ObjectStoreGrpc.ObjectStoreBlockingStub;
import io.troika.api.v1.ReadCheck;
import io.troika.api.v1.RestoreRequest;
import io.troika.api.v1.RestoredRecord;
import io.troika.api.v1.RestoredTransaction;
import io.troika.api.v1.TransactionId;
import io.troika.api.v1.TransactionMetadata;
import io.troika.api.v1.TransactionRecordsRequest;
import io.troika.api.v1.VoteRequest;
import io.troika.api.v1.Write;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** One field of an otherwise good request is wrong: the answer names it and what it expects. */
@SuppressWarnings("NullAway.Init") // set by start, which NullAway does not know as an initializer
class WrongFieldPropertyTest {
  private static FrontFixture fixture;

  @BeforeContainer
  static void start() {
    fixture = new FrontFixture();
  }

  @AfterContainer
  static void stop() {
    fixture.close();
  }

  /** Sends a request that is wrong in one place. */
  private interface WrongCall {
    void send(ObjectStoreBlockingStub store, Random random);
  }

  private record Case(String named, WrongCall call) {}

  private static final List<Case> CASES =
      List.of(
          new Case("storage 'nowhere", (s, r) -> s.getStorage(storage(nowhere(r)))),
          new Case("storage 'nowhere", (s, r) -> s.load(load(r).setStorage(nowhere(r)).build())),
          new Case(
              "storage 'nowhere", (s, r) -> s.commit(commit(r).setStorage(nowhere(r)).build())),
          new Case(
              "at_least 0x",
              (s, r) ->
                  s.getStorage(
                      GetStorageRequest.newBuilder()
                          .setStorage("main")
                          .setAtLeast(tooLarge(r))
                          .build())),
          new Case(
              "at_least 0x",
              (s, r) ->
                  s.begin(
                      BeginRequest.newBuilder()
                          .setStorage("main")
                          .setFreshness(Freshness.SESSION)
                          .setAtLeast(tooLarge(r))
                          .build())),
          new Case(
              "freshness: expected",
              (s, r) ->
                  s.begin(
                      BeginRequest.newBuilder()
                          .setStorage("main")
                          .setFreshnessValue(r.nextBoolean() ? 0 : 3 + r.nextInt(1_000))
                          .build())),
          new Case("at 0x", (s, r) -> s.load(load(r).setAt(tooLarge(r)).build())),
          new Case(
              "at 0x",
              (s, r) ->
                  s.loadMany(
                      LoadManyRequest.newBuilder()
                          .setStorage("main")
                          .addOids(r.nextLong())
                          .setAt(tooLarge(r))
                          .build())),
          new Case(
              "0 oids: expected",
              (s, r) -> s.loadMany(LoadManyRequest.newBuilder().setStorage("main").build())),
          new Case(
              "serial 0x",
              (s, r) ->
                  s.loadSerial(
                      LoadSerialRequest.newBuilder()
                          .setStorage("main")
                          .setSerial(tooLarge(r))
                          .build())),
          new Case("transaction id is missing", (s, r) -> s.commit(commit(r).clearId().build())),
          new Case(
              "transaction id is missing",
              (s, r) ->
                  s.vote(VoteRequest.newBuilder().setTransaction(commit(r).clearId()).build())),
          new Case(
              "transaction id is missing", (s, r) -> s.finish(FinishRequest.getDefaultInstance())),
          new Case(
              "transaction sequence -",
              (s, r) ->
                  s.commit(
                      commit(r)
                          .setId(TransactionId.newBuilder().setSequence(tooLarge(r)))
                          .build())),
          new Case(
              "serial 0x",
              (s, r) ->
                  s.commit(commit(r).addWrites(Write.newBuilder().setSerial(tooLarge(r))).build())),
          new Case(
              "serial 0x",
              (s, r) ->
                  s.commit(
                      commit(r).addReads(ReadCheck.newBuilder().setSerial(tooLarge(r))).build())),
          new Case(
              "serial 0x",
              (s, r) ->
                  s.vote(
                      VoteRequest.newBuilder()
                          .setTransaction(
                              commit(r).addDeletes(Delete.newBuilder().setSerial(tooLarge(r))))
                          .build())),
          new Case("undos 0x", (s, r) -> s.commit(commit(r).addUndos(tooLarge(r)).build())),
          new Case(
              "transaction user: ",
              (s, r) ->
                  s.commit(
                      commit(r)
                          .setMetadata(TransactionMetadata.newBuilder().setUser(tooLong(r)))
                          .build())),
          new Case(
              "transaction description: ",
              (s, r) ->
                  s.commit(
                      commit(r)
                          .setMetadata(TransactionMetadata.newBuilder().setDescription(tooLong(r)))
                          .build())),
          new Case(
              "transaction extension: ",
              (s, r) ->
                  s.commit(
                      commit(r)
                          .setMetadata(TransactionMetadata.newBuilder().setExtension(tooLong(r)))
                          .build())),
          new Case(
              "count ",
              (s, r) ->
                  s.allocateOids(
                      AllocateOidsRequest.newBuilder()
                          .setStorage("main")
                          .setCount(r.nextBoolean() ? 0 : 1_000_001 + r.nextInt(1_000))
                          .build())),
          new Case(
              "status ",
              (s, r) ->
                  s.restore(restore(r, RestoredTransaction.newBuilder().setTid(1).setStatus(-1)))),
          new Case(
              "tid 0x",
              (s, r) ->
                  s.restore(restore(r, RestoredTransaction.newBuilder().setTid(tooLarge(r))))),
          new Case(
              "data_tid 0x",
              (s, r) ->
                  s.restore(
                      restore(
                          r,
                          RestoredTransaction.newBuilder()
                              .setTid(1)
                              .setStatus(' ')
                              .addRecords(RestoredRecord.newBuilder().setDataTid(tooLarge(r)))))),
          new Case(
              "since 0x",
              (s, r) ->
                  s.invalidationsSince(
                      InvalidationsSinceRequest.newBuilder()
                          .setStorage("main")
                          .setFreshness(Freshness.SESSION)
                          .setSince(tooLarge(r))
                          .build())),
          new Case(
              "limit ",
              (s, r) ->
                  s.history(
                      HistoryRequest.newBuilder().setStorage("main").setLimit(tooMany(r)).build())),
          new Case(
              "limit ",
              (s, r) ->
                  s.listTransactions(
                      ListTransactionsRequest.newBuilder()
                          .setStorage("main")
                          .setLimit(tooMany(r))
                          .build())),
          new Case(
              "after 0x",
              (s, r) ->
                  s.listTransactions(
                      ListTransactionsRequest.newBuilder()
                          .setStorage("main")
                          .setAfter(tooLarge(r))
                          .build())),
          new Case(
              "before 0x",
              (s, r) ->
                  s.listTransactions(
                      ListTransactionsRequest.newBuilder()
                          .setStorage("main")
                          .setBefore(tooLarge(r))
                          .build())),
          new Case(
              "tid 0x",
              (s, r) ->
                  s.transactionRecords(
                          TransactionRecordsRequest.newBuilder()
                              .setStorage("main")
                              .setTid(tooLarge(r))
                              .build())
                      .forEachRemaining(record -> {})),
          new Case(
              "limit ",
              (s, r) ->
                  s.listObjects(
                      ListObjectsRequest.newBuilder()
                          .setStorage("main")
                          .setLimit(-1 - r.nextInt(1_000))
                          .build())));

  @Property(tries = 5_000, shrinking = ShrinkingMode.OFF)
  void request_oneFieldWrong_isTheCallersMistakeAndNamesIt(@ForAll long seed) {
    Random random = new Random(seed);
    Case wrong = CASES.get(random.nextInt(CASES.size()));
    ErrorDetail detail = error(() -> wrong.call.send(fixture.store(), random));
    assertThat(detail.getFamily()).as("%s", detail).isEqualTo(ErrorFamily.YOUR_MISTAKE);
    assertThat(detail.getMessage()).contains(wrong.named);
  }

  private static GetStorageRequest storage(String name) {
    return GetStorageRequest.newBuilder().setStorage(name).build();
  }

  private static LoadRequest.Builder load(Random random) {
    return LoadRequest.newBuilder().setStorage("main").setOid(random.nextLong());
  }

  private static CommitRequest.Builder commit(Random random) {
    return CommitRequest.newBuilder()
        .setStorage("main")
        .setId(TransactionId.newBuilder().setClientHigh(random.nextLong()).setSequence(1));
  }

  private static RestoreRequest restore(Random random, RestoredTransaction.Builder transaction) {
    return RestoreRequest.newBuilder()
        .setStorage("main")
        .setId(TransactionId.newBuilder().setClientHigh(random.nextLong()).setSequence(1))
        .addTransactions(transaction)
        .build();
  }

  private static String nowhere(Random random) {
    return "nowhere" + random.nextInt(1_000);
  }

  /** 2^63 or more, as the protocol reads it. */
  private static long tooLarge(Random random) {
    return random.nextLong() | Long.MIN_VALUE;
  }

  private static int tooMany(Random random) {
    return random.nextBoolean() ? 1_001 + random.nextInt(100_000) : -1 - random.nextInt(1_000);
  }

  private static ByteString tooLong(Random random) {
    return ByteString.copyFrom(new byte[65_536 + random.nextInt(1_000)]);
  }
}
