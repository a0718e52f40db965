package io.troika.it.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.troika.api.v1.BeginRequest;
import io.troika.api.v1.BeginResponse;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.CommitResponse;
import io.troika.api.v1.Freshness;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.api.v1.ObjectStoreGrpc.ObjectStoreFutureStub;
import io.troika.api.v1.TransactionId;
import io.troika.api.v1.Write;
import io.troika.client.Bytes;
import io.troika.client.Oid;
import io.troika.client.Tid;
import io.troika.client.TroikaClient;
import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.PatientClient;
import io.troika.it.cluster.ProcessCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Stale read by a paused leader (seen in etcd, and in Ratis's own ReadIndex in four of six trials):
 * the leader is stopped, a new one commits and acknowledges, requests are put into the old one's
 * sockets, then it is woken. It may refuse or answer; it may not answer with the past, nor
 * acknowledge a commit in its old term.
 */
@Tag("once")
@Timeout(value = 25, unit = TimeUnit.MINUTES)
class StaleLeaderIT {
  private static final int READS = 20;
  private static final int COMMITS = 3;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @Test
  void pausedLeader_wokenAfterNewLeaderCommitted_answersNothingStale(@TempDir Path directory)
      throws Exception {
    try (ProcessCluster cluster = ProcessCluster.start(directory, 3);
        ClusterProbe probe = new ClusterProbe(cluster)) {
      int answered = 0;
      for (int round = 0; round < FaultRun.rounds(3); round++) {
        probe.awaitWhole();
        answered += trial(cluster, provenLeader(probe), round);
      }
      System.out.printf("paused leader: %d answers after waking, none stale%n", answered);
      probe.awaitWhole();
      probe.assertReplicasEqual();
    }
  }

  /** One that has just proven it: who is asked for the leader may not know of the newest. */
  private static NodeProcess provenLeader(ClusterProbe probe) {
    return await().atMost(PATIENCE).until(probe::leader, StaleLeaderIT::provesItself);
  }

  private static boolean provesItself(NodeProcess node) {
    ManagedChannel channel = channelTo(node);
    try {
      return answer(begin(ObjectStoreGrpc.newFutureStub(channel))).isPresent();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } finally {
      channel.shutdownNow();
    }
  }

  /** Answers how many of the requests were answered rather than refused. */
  private static int trial(ProcessCluster cluster, NodeProcess old, int round) throws Exception {
    ManagedChannel channel = channelTo(old);
    try (TroikaClient client = PatientClient.connect(cluster.endpoints())) {
      ObjectStoreFutureStub stub = ObjectStoreGrpc.newFutureStub(channel);
      long oldTerm = client.admin().statusOf(old.clientAddress()).leader().term();
      BeginResponse before = begin(stub).get();
      assertThat(before.getTid()).isNotNegative();

      old.pause();
      Tid acknowledged = client.store("main").execute(tx -> tx.create(Bytes.utf8("new")));
      List<Future<BeginResponse>> reads = new ArrayList<>();
      for (int i = 0; i < READS; i++) {
        reads.add(begin(stub));
      }
      List<Future<CommitResponse>> commits = new ArrayList<>();
      for (int i = 0; i < COMMITS; i++) {
        commits.add(commit(stub, round * COMMITS + i));
      }
      old.resume();

      int answered = 0;
      for (Future<BeginResponse> read : reads) {
        Optional<BeginResponse> answer = answer(read);
        assertThat(answer.map(BeginResponse::getTid).orElse(Long.MAX_VALUE))
            .isGreaterThanOrEqualTo(acknowledged.value());
        answered += answer.isPresent() ? 1 : 0;
      }
      for (Future<CommitResponse> commit : commits) {
        Optional<CommitResponse> answer = answer(commit);
        assertThat(answer.map(CommitResponse::getTerm).orElse(Long.MAX_VALUE))
            .isGreaterThan(oldTerm);
        answered += answer.isPresent() ? 1 : 0;
      }
      return answered;
    } finally {
      channel.shutdownNow();
    }
  }

  private static Future<BeginResponse> begin(ObjectStoreFutureStub stub) {
    return stub.withDeadlineAfter(60, TimeUnit.SECONDS)
        .begin(
            BeginRequest.newBuilder()
                .setStorage("main")
                .setFreshness(Freshness.LINEARIZABLE)
                .build());
  }

  private static Future<CommitResponse> commit(ObjectStoreFutureStub stub, int number) {
    return stub.withDeadlineAfter(60, TimeUnit.SECONDS)
        .commit(
            CommitRequest.newBuilder()
                .setStorage("main")
                .setId(
                    TransactionId.newBuilder()
                        .setClientHigh(0x5a1e)
                        .setClientLow(0x1eade)
                        .setSequence(number))
                .addWrites(
                    Write.newBuilder()
                        .setOid(new Oid((1L << 41) + number).value())
                        .setData(com.google.protobuf.ByteString.copyFromUtf8("old")))
                .build());
  }

  /** The answer, or empty if it was refused or its outcome is not known. */
  private static <T> Optional<T> answer(Future<T> call) throws InterruptedException {
    try {
      return Optional.of(call.get());
    } catch (ExecutionException e) {
      assertThat(e).hasCauseInstanceOf(StatusRuntimeException.class);
      return Optional.empty();
    }
  }

  private static ManagedChannel channelTo(NodeProcess node) {
    return NettyChannelBuilder.forTarget(node.clientAddress()).usePlaintext().build();
  }
}
