package io.troika.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.api.v1.ObjectStoreGrpc.ObjectStoreBlockingStub;
import io.troika.api.v1.StageChunkRequest;
import io.troika.api.v1.StagedBlob;
import io.troika.api.v1.TransactionId;
import io.troika.api.v1.VoteRequest;
import io.troika.api.v1.Write;
import io.troika.client.Blob;
import io.troika.client.Bytes;
import io.troika.client.Codec;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.ReadPreference;
import io.troika.client.ReadView;
import io.troika.client.TroikaClient;
import io.troika.client.VerifyReport;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Blobs through the Java client and gRPC, on three nodes in this JVM. */
@Timeout(600)
class BlobClusterTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Bytes RECORD = Bytes.utf8("record");
  private static final int MIB = 1 << 20;

  @TempDir Path directory;

  private LocalCluster cluster;
  private TroikaClient client;
  private ObjectStore store;

  @BeforeEach
  void start() throws IOException {
    cluster = LocalCluster.start(ClusterLayout.onFreePorts(directory, 3));
    client =
        TroikaClient.builder()
            .endpoints(cluster.layout().endpoints())
            .callTimeout(PATIENCE)
            .runTimeout(PATIENCE)
            .readPreference(ReadPreference.ANY)
            .build();
    WholeCluster.awaitIt(client, PATIENCE);
    store = client.store("main");
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
  }

  /** So many bytes that look like chance, none of them kept. */
  private static class Source extends InputStream {
    private final Random random = new Random(7);
    private final long length;
    private long position;

    Source(long length) {
      this.length = length;
    }

    @Override
    public int read() {
      throw new UnsupportedOperationException();
    }

    @Override
    public int read(byte[] target, int offset, int size) {
      if (size == 0) {
        return 0;
      }
      if (position == length) {
        return -1;
      }
      // Of one size, so that the bytes do not depend on how they are asked for.
      int count = (int) Math.min(Math.min(size, 8), length - position);
      long eight = random.nextLong();
      for (int i = 0; i < count; i++) {
        target[offset + i] = (byte) (eight >>> (8 * i));
      }
      position += count;
      return count;
    }
  }

  private static void assertHolds(Blob blob, long length) throws IOException {
    assertThat(blob.length()).isEqualTo(length);
    byte[] expected = new byte[MIB];
    try (InputStream source = new Source(length);
        InputStream stream = blob.stream()) {
      for (long at = 0; at < length; at += MIB) {
        int size = (int) Math.min(MIB, length - at);
        source.readNBytes(expected, 0, size);
        byte[] found = stream.readNBytes(size);
        assertThat(found.length).isEqualTo(size);
        assertThat(Arrays.equals(found, 0, size, expected, 0, size))
            .as("bytes from %s on", at)
            .isTrue();
      }
      assertThat(stream.read()).isEqualTo(-1);
    }
  }

  private Blob open(Oid oid) {
    try (ReadView view = store.view()) {
      return view.openBlob(oid);
    }
  }

  private String leader() {
    return WholeCluster.leader(client);
  }

  private void assertReplicasEqual() {
    WholeCluster.awaitIt(client, PATIENCE);
    VerifyReport report = client.admin().verify("main", PATIENCE);
    assertThat(report.equal()).as("%s", report).isTrue();
    assertThat(report.replicas()).hasSize(3);
  }

  @Test
  void upload_leaderKilledInTheMiddle_isCommittedOnceAndEqualEverywhere() throws IOException {
    int length = 12 * MIB + 3;
    String killed = leader();
    AtomicInteger runs = new AtomicInteger();
    Oid oid =
        store.run(
            tx -> {
              runs.incrementAndGet();
              return tx.createBlob(
                  RECORD,
                  new Source(length) {
                    private boolean done;

                    @Override
                    public int read(byte[] target, int offset, int size) {
                      if (!done && super.position > 5 * MIB) {
                        done = true;
                        cluster.kill(killed);
                      }
                      return super.read(target, offset, size);
                    }
                  });
            });

    assertThat(runs).hasValue(1);
    assertHolds(open(oid), length);
    cluster.restart(killed);
    assertReplicasEqual();
    assertHolds(open(oid), length);
    assertThat(store.history(oid, 10)).hasSize(1);
  }

  @Test
  void vote_leaderKilledBeforeTheFinish_commitsTheBlobUnderTheSameIdElsewhere() throws IOException {
    TransactionId id =
        TransactionId.newBuilder().setClientHigh(5).setClientLow(6).setSequence(7).build();
    ByteString bytes = ByteString.copyFrom(new Source(1_000).readNBytes(1_000));
    String killed = leader();
    CommitRequest transaction;
    try (Connection first = new Connection(killed)) {
      StagedBlob staged =
          first
              .stub()
              .stageChunk(
                  StageChunkRequest.newBuilder()
                      .setTransaction(id)
                      .setStorage("main")
                      .setChunkBytes(MIB)
                      .setData(bytes)
                      .build())
              .getStaged();
      transaction =
          CommitRequest.newBuilder()
              .setId(id)
              .setStorage("main")
              .addWrites(Write.newBuilder().setOid(1L << 40).setData(bytes).setBlob(staged))
              .build();
      var unused = first.stub().vote(VoteRequest.newBuilder().setTransaction(transaction).build());
    }
    cluster.kill(killed);
    store.run(tx -> tx.create("waits for the next leader", Codec.UTF8));
    long tid;
    try (Connection second = new Connection(leader())) {
      tid = second.stub().commit(transaction).getTid();
      assertThat(second.stub().commit(transaction).getTid()).isEqualTo(tid);
    }

    assertThat(open(new Oid(1L << 40)).serial().value()).isEqualTo(tid);
    assertHolds(open(new Oid(1L << 40)), 1_000);
    cluster.restart(killed);
    assertReplicasEqual();
  }

  /** A bare connection to one node. */
  private final class Connection implements AutoCloseable {
    private final ManagedChannel channel;

    Connection(String nodeId) {
      var address =
          cluster.layout().nodes().stream()
              .filter(each -> each.nodeId().equals(nodeId))
              .findFirst()
              .orElseThrow()
              .self()
              .client();
      channel =
          NettyChannelBuilder.forAddress(address.host(), address.port()).usePlaintext().build();
    }

    ObjectStoreBlockingStub stub() {
      return ObjectStoreGrpc.newBlockingStub(channel)
          .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    public void close() {
      channel.shutdownNow();
    }
  }

  @Test
  void largeBlob_smallCommitsGoOn_andNobodyHoldsItInMemory() throws IOException {
    long length = 128L * MIB;
    AtomicBoolean uploading = new AtomicBoolean(true);
    AtomicInteger commits = new AtomicInteger();
    Oid small = store.run(tx -> tx.create("0", Codec.UTF8));
    long before = usedBytes();
    CompletableFuture<Void> writer =
        CompletableFuture.runAsync(
            () -> {
              while (uploading.get()) {
                store.run(tx -> tx.write(small, commits.incrementAndGet() + "", Codec.UTF8));
              }
            });
    Oid oid;
    try {
      oid = store.run(tx -> tx.createBlob(RECORD, new Source(length)));
    } finally {
      uploading.set(false);
    }
    writer.join();
    assertHolds(open(oid), length);

    assertThat(commits.get()).isGreaterThan(10);
    // Three nodes, each with at most 48 MiB of its log in the heap; holding the blob would be more.
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(usedBytes() - before).isLessThan(200L * MIB));
    assertReplicasEqual();
  }

  private static long usedBytes() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
