package io.troika.server.node;

import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig;
import java.util.Objects;

/** The ports of a node that has all of them. */
enum NodePort {
  RAFT,
  PEER,
  GRPC,
  ZEO,
  HTTP;

  HostAndPort of(NodeConfig node) {
    return switch (this) {
      case RAFT -> node.self().raft();
      case PEER -> node.self().peer();
      case GRPC -> node.self().client();
      case ZEO -> Objects.requireNonNull(node.zeo().listen());
      case HTTP -> Objects.requireNonNull(node.httpListen());
    };
  }
}
