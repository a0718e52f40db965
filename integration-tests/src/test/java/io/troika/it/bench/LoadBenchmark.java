package io.troika.it.bench;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.troika.client.Bytes;
import io.troika.client.Oid;
import io.troika.client.ReadView;
import io.troika.client.TroikaClient;
import io.troika.it.bench.echo.EchoGrpc;
import io.troika.it.bench.echo.EchoRequest;
import io.troika.it.cluster.ChildProcesses;
import io.troika.server.config.FreePorts;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.LongSupplier;

/**
 * Loads by one client that has no cache, one by one and a hundred at a time, alternating with a
 * bare unary gRPC call that answers as many bytes. Settings as for {@link CommitBenchmark}.
 */
public final class LoadBenchmark {
  private static final int OBJECTS = 20_000;
  private static final int OBJECTS_PER_TRANSACTION = 500;
  private static final int BATCH = 100;

  private final List<Oid> oids = new ArrayList<>();
  private final Random random = new Random(7);

  private LoadBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    Path directory = BenchDirectory.create();
    int bytes = Integer.getInteger("bench.bytes", 256);
    int port = FreePorts.take(1).get(0);
    try (TroikaTarget target = TroikaTarget.start(directory, bytes);
        ChildProcesses echo = new ChildProcesses()) {
      echo.start(
          ChildProcesses.java(
              List.of("-Xmx512m", "-XX:+UseParallelGC"),
              EchoServer.class,
              List.of(Integer.toString(port), Integer.toString(bytes))),
          directory.resolve("echo.log"));
      new LoadBenchmark().run(target.cluster().endpoints(), port, bytes);
    }
  }

  private void run(String endpoints, int echoPort, int bytes) throws IOException {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", echoPort).usePlaintext().build();
    try (TroikaClient client =
        TroikaClient.builder().endpoints(endpoints).cacheBytesMax(0).build()) {
      fill(client, Bytes.copyOf(Payload.ofBytes(bytes)));
      try (ReadView view = client.store("main").view()) {
        measure(channel, view);
      }
    } finally {
      channel.shutdownNow();
    }
  }

  private void fill(TroikaClient client, Bytes data) {
    for (int i = 0; i < OBJECTS; i += OBJECTS_PER_TRANSACTION) {
      client
          .store("main")
          .execute(
              transaction -> {
                for (int j = 0; j < OBJECTS_PER_TRANSACTION; j++) {
                  oids.add(transaction.create(data));
                }
              });
    }
  }

  private void measure(ManagedChannel channel, ReadView view) {
    EchoGrpc.EchoBlockingStub echo = EchoGrpc.newBlockingStub(channel).withWaitForReady();
    EchoRequest.Builder request =
        EchoRequest.newBuilder().setStorage("main").setAt(view.tid().value());
    LongSupplier echoed = () -> echo.load(request.setOid(oid().value()).build()).getData().size();
    LongSupplier single = () -> view.find(oid()).orElseThrow().data().size();
    LongSupplier batch = () -> view.readAll(batch()).size();

    Duration warmUp = Duration.ofSeconds(Integer.getInteger("bench.warmup", 60)).dividedBy(3);
    Duration time = Duration.ofSeconds(Integer.getInteger("bench.seconds", 5));
    for (LongSupplier each : List.of(echoed, single, batch)) {
      var unused = perSecond(each, warmUp);
    }
    for (int round = 1; round <= Integer.getInteger("bench.rounds", 3); round++) {
      double bare = perSecond(echoed, time);
      double singles = perSecond(single, time);
      double batches = perSecond(batch, time) * BATCH;
      System.out.printf(
          Locale.ROOT,
          "round %d: echo %.0f /s; single loads %.0f /s = %.2f x echo; by the hundred %.0f objects/s = %.1f x single%n",
          round,
          bare,
          singles,
          singles / bare,
          batches,
          batches / singles);
    }
  }

  private Oid oid() {
    return oids.get(random.nextInt(oids.size()));
  }

  private List<Oid> batch() {
    List<Oid> batch = new ArrayList<>(BATCH);
    int first = random.nextInt(oids.size() - BATCH);
    batch.addAll(oids.subList(first, first + BATCH));
    return batch;
  }

  private static double perSecond(LongSupplier call, Duration time) {
    long start = System.nanoTime();
    long end = start + time.toNanos();
    long calls = 0;
    long bytes = 0;
    while (System.nanoTime() < end) {
      bytes += call.getAsLong();
      calls++;
    }
    if (bytes == 0) {
      throw new IllegalStateException("nothing was loaded");
    }
    return calls / ((System.nanoTime() - start) / 1e9);
  }
}
