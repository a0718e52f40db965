package io.troika.it.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.CommitResponse;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.api.v1.TransactionId;
import io.troika.api.v1.Write;
import io.troika.client.Bytes;
import io.troika.client.Oid;
import io.troika.client.Tid;
import io.troika.client.TroikaException;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.WallClocks;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clocks that are set under load, of leaders and of those who lead next. No call fails, no tid is
 * further from the true time than a clock may be, and what is remembered stays so.
 */
@Timeout(value = 25, unit = TimeUnit.MINUTES)
class ClockIT {
  /** How far a clock may be from the others before it is not believed. */
  private static final Duration TRUSTED = Duration.ofSeconds(2);

  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int COMMITS = 200;

  /** Each node asks the others for their clocks each second. */
  private static final long HEARD_SECONDS = 5;

  private static final Duration DRIFT_STEP = Duration.ofMillis(500);
  private static final int DRIFT_STEPS = 12;

  @TempDir Path directory;

  @Test
  @Tag("once")
  void clocksAreSet_ofTheLeader_ofTheNext_andTheLeaderIsKilled() throws Exception {
    WallClocks clocks = WallClocks.require(directory);
    try (FaultRun run = FaultRun.start("clocks that are set", directory, clocks)) {
      NodeProcess first = run.probe.leader();
      long remembered = commitUnderAnId(run);
      set(run, clocks, first, DAY);
      assertThat(commitUnderAnId(run)).isEqualTo(remembered);

      NodeProcess second = run.probe.follower();
      clocks.set(second, HOUR.negated());
      handOver(run, second);
      assertThat(commitUnderAnId(run)).isEqualTo(remembered);
      clocks.set(first, Duration.ZERO);
      TimeUnit.SECONDS.sleep(HEARD_SECONDS); // else two of three are wrong, for who leads next

      second.kill();
      NodeProcess third = run.probe.leader();
      set(run, clocks, third, HOUR);
      clocks.set(second, Duration.ZERO);
      second.start();
      run.awaitWholeAndSteady();
      set(run, clocks, third, Duration.ZERO);
      run.finish();
      assertThat(run.workload.failures()).isEmpty();
    }
  }

  @Test
  void clockOfTheLeader_isSetAgainAndAgain() throws Exception {
    WallClocks clocks = WallClocks.require(directory);
    try (FaultRun run = FaultRun.start("clock of the leader", directory, clocks)) {
      for (int round = 0; round < FaultRun.rounds(1); round++) {
        NodeProcess leader = run.probe.leader();
        long remembered = commitUnderAnId(run);
        for (Duration wrong :
            List.of(MINUTE, MINUTE.negated(), HOUR, HOUR.negated(), DAY, DAY.negated())) {
          set(run, clocks, leader, wrong);
          set(run, clocks, leader, Duration.ZERO);
        }
        assertThat(commitUnderAnId(run)).isEqualTo(remembered);
        assertThat(run.probe.leader()).isSameAs(leader);
        handOver(run, run.probe.follower());
      }
      run.finish();
      assertThat(run.workload.failures()).isEmpty();
    }
  }

  /** Slowly away, as when nobody sets it. */
  @Test
  void clockOfTheLeader_drifts() throws Exception {
    WallClocks clocks = WallClocks.require(directory);
    try (FaultRun run = FaultRun.start("drifting clock", directory, clocks)) {
      NodeProcess leader = run.probe.leader();
      for (int step = 1; step <= DRIFT_STEPS; step++) {
        set(run, clocks, leader, DRIFT_STEP.multipliedBy(step));
      }
      handOver(run, run.probe.follower());
      run.finish();
      assertThat(run.workload.failures()).isEmpty();
    }
  }

  private static void set(FaultRun run, WallClocks clocks, NodeProcess node, Duration ahead)
      throws Exception {
    long fault = System.nanoTime();
    clocks.set(node, ahead);
    goOn(run, fault);
  }

  private static void handOver(FaultRun run, NodeProcess node) throws Exception {
    long fault = System.nanoTime();
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(
            () -> {
              if (run.probe.leader() != node) {
                run.probe.client().admin().transferLeadership(node.id());
              }
              return run.probe.leader() == node;
            });
    goOn(run, fault);
  }

  private static void goOn(FaultRun run, long faultNanos) throws Exception {
    run.awaitProgress(System.nanoTime(), COMMITS);
    run.recordGap(faultNanos);
    Instant before = Instant.now();
    Tid tid = run.probe.client().store("main").execute(tx -> tx.create(Bytes.utf8("now")));
    assertThat(tid.toInstant()).isBetween(before.minus(TRUSTED), Instant.now().plus(TRUSTED));
  }

  /** The tid that the one transaction has that this test sends again and again. */
  private static long commitUnderAnId(FaultRun run) {
    return await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(StatusRuntimeException.class) // another one leads by now
        .until(() -> commitUnderAnIdAt(run.probe.leader()), tid -> tid > 0);
  }

  private static long commitUnderAnIdAt(NodeProcess leader) {
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(leader.clientAddress()).usePlaintext().build();
    try {
      CommitResponse committed =
          ObjectStoreGrpc.newBlockingStub(channel)
              .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS)
              .commit(
                  CommitRequest.newBuilder()
                      .setStorage("main")
                      .setId(
                          TransactionId.newBuilder()
                              .setClientHigh(0xc10c)
                              .setClientLow(0xc10c)
                              .setSequence(1))
                      .addWrites(
                          Write.newBuilder()
                              .setOid(new Oid(1L << 42).value())
                              .setData(ByteString.copyFromUtf8("once")))
                      .build());
      return committed.getTid();
    } finally {
      channel.shutdownNow();
    }
  }
}
