package io.troika.client.internal.connection;

import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;

/**
 * Sees whether a request left this process: gRPC calls {@code outboundHeaders} when the headers
 * were written to the socket, which comes before any byte of the message. So a connection that was
 * refused leaves no doubt about a commit.
 */
final class SentMark extends ClientStreamTracer.Factory {
  private volatile boolean sent;

  boolean isSent() {
    return sent;
  }

  @Override
  public ClientStreamTracer newClientStreamTracer(
      ClientStreamTracer.StreamInfo info, Metadata headers) {
    return new ClientStreamTracer() {
      @Override
      public void outboundHeaders() {
        sent = true;
      }
    };
  }
}
