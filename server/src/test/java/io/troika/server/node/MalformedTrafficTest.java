package io.troika.server.node;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.troika.api.v1.AdminGrpc;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.client.Bytes;
import io.troika.client.ObjectStore;
import io.troika.client.TroikaClient;
import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.front.grpc.MalformedRequests;
import io.troika.server.front.grpc.RawCall;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Malformed traffic on all ports of a whole node: it answers clearly or hangs up, goes on serving,
 * and keeps nothing of it.
 */
@Timeout(600)
final class MalformedTrafficTest {
  private static final long SEED = 20_261_125;
  private static final int CALLS = 2_000;
  private static final int CONNECTIONS = 200;
  private static final int BYTES_MAX = 400;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final long CALL_SECONDS_MAX = 2;
  private static final int METADATA_BYTES_MAX = 4 << 20;
  private static final long GROWTH_BYTES_MAX = 24L << 20;

  private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII);

  /** All that a client can call; a transfer has nobody to go to, so it is refused. */
  private static final List<MethodDescriptor<?, ?>> METHODS =
      Stream.concat(
              ObjectStoreGrpc.getServiceDescriptor().getMethods().stream(),
              AdminGrpc.getServiceDescriptor().getMethods().stream())
          .toList();

  // Both copies of gRPC warn of each such connection with a stack trace. Held: loggers are weakly
  // referenced.
  private static final List<Logger> TRANSPORT_LOGS =
      Stream.of("io.grpc", "org.apache.ratis.thirdparty.io.grpc").map(Logger::getLogger).toList();

  private final Random random = new Random(SEED);
  private final MalformedRequests requests = new MalformedRequests(SEED);

  @BeforeAll
  static void hush() {
    TRANSPORT_LOGS.forEach(log -> log.setLevel(Level.SEVERE));
  }

  @AfterAll
  static void unhush() {
    TRANSPORT_LOGS.forEach(log -> log.setLevel(null));
  }

  @Test
  void node_malformedTraffic_answersClearlyGoesOnAndKeepsNothing(@TempDir Path directory)
      throws Exception {
    ClusterLayout layout = ClusterLayout.onFreePorts(directory, 1);
    try (LocalCluster cluster = LocalCluster.start(layout);
        TroikaClient client = WholeCluster.connect(layout.endpoints())) {
      WholeCluster.awaitIt(client, PATIENCE);
      MemberConfig node = layout.nodes().get(0).self();
      sendAll(node);
      long before = usedBytes();

      sendAll(node);

      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(usedBytes() - before)
                      .as("growth of the heap")
                      .isLessThan(GROWTH_BYTES_MAX));
      assertThat(cluster.whenAnyBroken()).isNotDone();
      Bytes good = Bytes.utf8("good");
      // A request that was right by chance may have renamed or dropped it.
      ObjectStore store = client.store(client.admin().createStorage("main").name());
      var oid = store.run(transaction -> transaction.create(good));
      assertThat(store.view().read(oid)).isEqualTo(good);
    }
  }

  private void sendAll(MemberConfig node) throws Exception {
    // Some ask for the current data of conflicts, which comes in the trailers.
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(node.client().toString())
            .usePlaintext()
            .maxInboundMetadataSize(METADATA_BYTES_MAX)
            .build();
    try {
      List<CompletableFuture<Status>> ends = new ArrayList<>();
      for (int i = 0; i < CALLS; i++) {
        MethodDescriptor<?, ?> method = METHODS.get(random.nextInt(METHODS.size()));
        byte[] request = requests.next(method);
        ends.add(RawCall.send(channel, method, request, deadline(method, request)));
      }
      for (CompletableFuture<Status> end : ends) {
        assertThat(end.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isNotNull();
      }
    } finally {
      channel.shutdownNow();
    }
    for (HostAndPort address : List.of(node.client(), node.peer(), node.raft())) {
      for (int i = 0; i < CONNECTIONS; i++) {
        sendBytes(address);
      }
    }
  }

  /** Short where a wait may be right; what can't be read is refused, however busy the machine. */
  private static CallOptions deadline(MethodDescriptor<?, ?> method, byte[] request) {
    long seconds = RawCall.isReadable(method, request) ? CALL_SECONDS_MAX : PATIENCE.toSeconds();
    return CallOptions.DEFAULT.withDeadlineAfter(seconds, TimeUnit.SECONDS);
  }

  /** Not even HTTP/2, or its preface and then nothing that follows it. */
  private void sendBytes(HostAndPort address) throws IOException {
    byte[] bytes = new byte[random.nextInt(BYTES_MAX)];
    random.nextBytes(bytes);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), address.port())) {
      if (random.nextBoolean()) {
        socket.getOutputStream().write(PREFACE);
      }
      socket.getOutputStream().write(bytes);
    }
  }

  private static long usedBytes() {
    Runtime runtime = Runtime.getRuntime();
    System.gc();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
