package io.troika.it.bench;

import io.troika.it.cluster.ChildProcesses;
import io.troika.server.config.FreePorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;

/** Three peers of Ratis with default settings, written to by Ratis's own client. */
final class BareRatisTarget implements CommitTarget {
  private static final int NODES = 3;
  private final ChildProcesses processes = new ChildProcesses();
  private final List<Integer> ports;
  private final Message message;
  private final Connections<RaftClient> connections =
      new Connections<>(number -> open(), RaftClient::close);

  private BareRatisTarget(List<Integer> ports, int valueBytes) {
    this.ports = ports;
    this.message = Message.valueOf(ByteString.copyFrom(Payload.ofBytes(valueBytes)));
  }

  static BareRatisTarget start(Path directory, int valueBytes) throws Exception {
    List<Integer> ports = FreePorts.take(NODES);
    BareRatisTarget target = new BareRatisTarget(ports, valueBytes);
    Files.createDirectories(directory);
    for (int i = 0; i < NODES; i++) {
      List<String> arguments = new ArrayList<>();
      arguments.add(Integer.toString(i));
      arguments.add(directory.resolve("r" + i).toString());
      ports.forEach(port -> arguments.add(Integer.toString(port)));
      target.processes.start(
          ChildProcesses.java(
              List.of("-Xmx512m", "-XX:+UseParallelGC"), BareRatisNode.class, arguments),
          directory.resolve("r" + i + ".log"));
    }
    target.worker(0).commit(); // Ratis's client retries until a leader is there
    return target;
  }

  private RaftClient open() {
    return RaftClient.newBuilder()
        .setProperties(new RaftProperties())
        .setRaftGroup(BareRatisNode.group(ports))
        .build();
  }

  @Override
  public String name() {
    return "bare Ratis";
  }

  @Override
  public void prepare(int clients) throws IOException {
    connections.keepFor(clients);
  }

  @Override
  public Worker worker(int number) {
    RaftClient client = connections.of(number);
    return () -> {
      RaftClientReply reply = client.io().send(message);
      if (!reply.isSuccess()) {
        throw new IOException("not committed: " + reply);
      }
    };
  }

  @Override
  public void close() throws IOException {
    connections.close();
    processes.close();
  }
}
