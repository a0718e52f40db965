package io.troika.it.bench;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;

/**
 * A peer of Ratis as it comes: default settings (only the election time-out is that of Troika, so
 * that a busy machine changes no leader), one entry a write, a state machine that counts.
 */
final class BareRatisNode {
  private BareRatisNode() {}

  /** Arguments: this peer's number, the data directory, the ports of all peers. */
  @SuppressWarnings("SystemExitOutsideMain")
  public static void main(String[] arguments) throws Exception {
    int number = Integer.parseInt(arguments[0]);
    List<Integer> ports = new ArrayList<>();
    for (int i = 2; i < arguments.length; i++) {
      ports.add(Integer.parseInt(arguments[i]));
    }
    RaftProperties properties = new RaftProperties();
    RaftServerConfigKeys.setStorageDir(properties, List.of(new File(arguments[1])));
    GrpcConfigKeys.Server.setPort(properties, ports.get(number));
    properties.set("raft.server.rpc.timeout.min", "500ms");
    properties.set("raft.server.rpc.timeout.max", "1000ms");
    RaftServer server =
        RaftServer.newBuilder()
            .setServerId(
                group(ports).getPeers().stream()
                    .filter(peer -> peer.getId().toString().equals("r" + number))
                    .findFirst()
                    .orElseThrow()
                    .getId())
            .setGroup(group(ports))
            .setProperties(properties)
            .setStateMachine(new Counting())
            .setOption(RaftStorage.StartupOption.RECOVER)
            .build();
    server.start();
    new CountDownLatch(1).await();
  }

  static RaftGroup group(List<Integer> ports) {
    List<RaftPeer> peers = new ArrayList<>();
    for (int i = 0; i < ports.size(); i++) {
      peers.add(
          RaftPeer.newBuilder().setId("r" + i).setAddress("127.0.0.1:" + ports.get(i)).build());
    }
    UUID id = UUID.nameUUIDFromBytes("bare".getBytes(StandardCharsets.UTF_8));
    return RaftGroup.valueOf(RaftGroupId.valueOf(id), peers);
  }

  private static final class Counting extends BaseStateMachine {
    private final AtomicLong count = new AtomicLong();

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
      var entry = transaction.getLogEntry();
      updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
      return CompletableFuture.completedFuture(
          Message.valueOf(Long.toString(count.incrementAndGet())));
    }
  }
}
