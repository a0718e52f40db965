package io.troika.server.service.feed;

import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Who hears the feed, for operators.
 *
 * @param protocol {@code grpc} or {@code zeo}
 * @param address where the client connected from, as {@code host:port}; empty if that is not known
 */
public record FeedClient(String protocol, String address) {
  public static final FeedClient UNKNOWN = new FeedClient("", "");

  /** A client that is connected from {@code address}. */
  public static FeedClient at(String protocol, @Nullable SocketAddress address) {
    if (address instanceof InetSocketAddress inet && inet.getAddress() != null) {
      String host = inet.getAddress().getHostAddress();
      return new FeedClient(
          protocol, (host.contains(":") ? "[" + host + "]" : host) + ":" + inet.getPort());
    }
    return new FeedClient(protocol, address == null ? "" : address.toString());
  }

  /**
   * How far a client is.
   *
   * @param told the last transaction whose objects it was told of: up to there its cache can be
   *     right
   * @param backlogEvents what it has not taken yet
   */
  public record Position(FeedClient client, StorageId storage, Tid told, int backlogEvents) {}
}
