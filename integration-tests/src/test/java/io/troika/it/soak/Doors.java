package io.troika.it.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.CommitResponse;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.api.v1.TransactionId;
import io.troika.api.v1.Write;
import io.troika.client.Oid;
import io.troika.client.Tid;
import io.troika.it.cluster.NodeProcess;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** Commits through each node, which passes them on if it does not lead. Not thread-safe. */
final class Doors {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final long CALL_SECONDS_MAX = 20;

  /** How far a clock may be from the others before it is not believed. */
  private static final Duration TRUSTED = Duration.ofSeconds(2);

  private static final long CLIENT = 0xd0025L;
  private static final Oid FIRST = new Oid(1L << 43);
  private static final Metadata.Key<String> PASS_ON =
      Metadata.Key.of("troika-pass-on", Metadata.ASCII_STRING_MARSHALLER);

  private long sequence;

  /** One commit, dated by the true time. */
  void commitThrough(NodeProcess node) {
    sequence++;
    Instant before = Instant.now();
    CommitResponse committed =
        await("a commit through " + node.id())
            .atMost(PATIENCE)
            .ignoreExceptionsInstanceOf(StatusRuntimeException.class)
            .until(() -> commit(node), answer -> answer.getTid() > 0);
    assertThat(new Tid(committed.getTid()).toInstant())
        .as("tid of a commit through %s", node.id())
        .isBetween(before.minus(TRUSTED), Instant.now().plus(TRUSTED));
  }

  private CommitResponse commit(NodeProcess node) {
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(node.clientAddress()).usePlaintext().build();
    Metadata headers = new Metadata();
    headers.put(PASS_ON, "g0");
    try {
      return ObjectStoreGrpc.newBlockingStub(
              ClientInterceptors.intercept(
                  channel, MetadataUtils.newAttachHeadersInterceptor(headers)))
          .withDeadlineAfter(CALL_SECONDS_MAX, TimeUnit.SECONDS)
          .commit(
              CommitRequest.newBuilder()
                  .setStorage("main")
                  .setId(
                      TransactionId.newBuilder()
                          .setClientHigh(CLIENT)
                          .setClientLow(CLIENT)
                          .setSequence(sequence))
                  .addWrites(
                      Write.newBuilder()
                          .setOid(FIRST.value() + sequence)
                          .setData(ByteString.copyFromUtf8("through " + node.id())))
                  .build());
    } finally {
      channel.shutdownNow();
    }
  }
}
