package io.troika.server.forward;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.troika.server.config.HostAndPort;
import io.troika.server.service.leader.LeaderCalls;
import io.troika.server.service.refusals.StoppingException;
import io.troika.server.tls.NodeTls;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Connections to the nodes that lead or led, made when they are first needed and kept. Safe for any
 * thread.
 */
public final class GrpcLeaders implements LeaderCalls.Remote, AutoCloseable {
  /** More members than a group has: only addresses that are not used any more are given up. */
  private static final int CHANNELS_MAX = 16;

  /** What one answer may have beside the largest transaction: a long list of conflicts. */
  private static final int METADATA_BYTES_MAX = 4 << 20;

  private static final long PING_AFTER_SECONDS = 1;
  private static final long PING_ANSWER_SECONDS = 2;

  private final Map<String, ManagedChannel> channels = new LinkedHashMap<>(); // guarded by itself
  private final String nodeId;
  private final NodeTls tls;
  private boolean closed; // guarded by channels

  @Override
  public LeaderCalls at(String clientAddress) {
    return new GrpcLeader(channel(clientAddress), nodeId);
  }

  /** A connection to the node with this client address; fails as calls that it does not take. */
  public Channel to(String clientAddress) {
    return channel(clientAddress);
  }

  private ManagedChannel channel(String address) {
    synchronized (channels) {
      if (closed) {
        throw new StoppingException("this node stops");
      }
      ManagedChannel known = channels.get(address);
      if (known != null) {
        return known;
      }
      if (channels.size() >= CHANNELS_MAX) {
        var oldest = channels.entrySet().iterator();
        oldest.next().getValue().shutdownNow();
        oldest.remove();
      }
      ManagedChannel made = connect(address);
      channels.put(address, made);
      return made;
    }
  }

  /** Connections of this node, as {@code tls} wants them. */
  public GrpcLeaders(String nodeId, NodeTls tls) {
    this.nodeId = nodeId;
    this.tls = tls;
  }

  private ManagedChannel connect(String address) {
    // "dns:" so that a name whose address has changed is found again.
    return NettyChannelBuilder.forTarget("dns:///" + HostAndPort.parse(address), tls.toNode())
        .directExecutor()
        .maxInboundMetadataSize(METADATA_BYTES_MAX)
        // A leader whose host is cut off must not hold up the calls for longer than an election.
        .keepAliveTime(PING_AFTER_SECONDS, TimeUnit.SECONDS)
        .keepAliveTimeout(PING_ANSWER_SECONDS, TimeUnit.SECONDS)
        .keepAliveWithoutCalls(false)
        .proxyDetector(target -> null)
        .disableServiceConfigLookUp()
        .disableRetry()
        .build();
  }

  @Override
  public void close() {
    synchronized (channels) {
      closed = true;
      channels.values().forEach(ManagedChannel::shutdownNow);
      channels.clear();
    }
  }
}
