package io.troika.it.bench;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.troika.it.bench.etcd.KVGrpc;
import io.troika.it.bench.etcd.PutRequest;
import io.troika.it.cluster.ChildProcesses;
import io.troika.server.config.FreePorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Three etcd nodes with default settings (Debian's package {@code etcd-server}). */
final class EtcdTarget implements CommitTarget {
  private static final int NODES = 3;
  private static final long START_SECONDS_MAX = 30;
  private final ChildProcesses processes = new ChildProcesses();
  private final List<Integer> clientPorts;
  private final byte[] value;
  private final Connections<ManagedChannel> connections =
      new Connections<>(this::open, ManagedChannel::shutdownNow);

  private EtcdTarget(List<Integer> clientPorts, int valueBytes) {
    this.clientPorts = clientPorts;
    this.value = Payload.ofBytes(valueBytes);
  }

  static EtcdTarget start(Path directory, int valueBytes) throws Exception {
    List<Integer> ports = FreePorts.take(2 * NODES);
    EtcdTarget target = new EtcdTarget(ports.subList(0, NODES), valueBytes);
    List<String> members = new ArrayList<>();
    for (int i = 0; i < NODES; i++) {
      members.add("e%s=http://127.0.0.1:%s".formatted(i, ports.get(NODES + i)));
    }
    Files.createDirectories(directory);
    for (int i = 0; i < NODES; i++) {
      String client = "http://127.0.0.1:" + ports.get(i);
      String peer = "http://127.0.0.1:" + ports.get(NODES + i);
      target.processes.start(
          List.of(
              "etcd",
              "--name=e" + i,
              "--data-dir=" + directory.resolve("e" + i),
              "--listen-client-urls=" + client,
              "--advertise-client-urls=" + client,
              "--listen-peer-urls=" + peer,
              "--initial-advertise-peer-urls=" + peer,
              "--initial-cluster=" + String.join(",", members),
              "--initial-cluster-state=new",
              "--log-level=error"),
          directory.resolve("e" + i + ".log"));
    }
    target.awaitReady();
    return target;
  }

  private void awaitReady() throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS_MAX);
    Worker worker = worker(0);
    while (true) {
      try {
        worker.commit();
        return;
      } catch (StatusRuntimeException e) {
        if (e.getStatus().getCode() != Status.Code.UNAVAILABLE || System.nanoTime() > end) {
          throw e;
        }
        TimeUnit.MILLISECONDS.sleep(200);
      }
    }
  }

  private ManagedChannel open(int number) {
    return NettyChannelBuilder.forAddress("127.0.0.1", clientPorts.get(number % NODES))
        .usePlaintext()
        .build();
  }

  @Override
  public String name() {
    return "etcd";
  }

  @Override
  public void prepare(int clients) throws IOException {
    connections.keepFor(clients);
  }

  @Override
  public Worker worker(int number) {
    KVGrpc.KVBlockingStub stub = KVGrpc.newBlockingStub(connections.of(number));
    PutRequest put =
        PutRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8("object-" + number))
            .setValue(ByteString.copyFrom(value))
            .build();
    return () -> {
      var unused = stub.withDeadlineAfter(10, TimeUnit.SECONDS).put(put);
    };
  }

  @Override
  public void close() throws IOException {
    connections.close();
    processes.close();
  }
}
