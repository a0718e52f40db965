package io.troika.client.internal.connection;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;

/** Calls that a node is asked to pass on to the leader, which this client does not reach. */
final class PassedOn {
  /** As {@code object_store.proto} says. */
  private static final Metadata.Key<String> GROUP =
      Metadata.Key.of("troika-pass-on", Metadata.ASCII_STRING_MARSHALLER);

  private PassedOn() {}

  /** The channel for calls that are meant for the leader of that Raft group. */
  static Channel to(String group, Channel channel) {
    Metadata headers = new Metadata();
    headers.put(GROUP, group);
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }
}
