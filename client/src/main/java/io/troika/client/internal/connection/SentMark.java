package io.troika.client.internal.connection;

import io.grpc.Attributes;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;

/**
 * Sees whether a request may have left this process: gRPC calls {@code streamCreated}, on the
 * thread of the caller, once there is a connection to send it by and before anything is handed to
 * that. So a connection that was refused leaves no doubt about a commit. The later {@code
 * outboundHeaders} would not do: it is called when the bytes are out, and who asks just before is
 * told that they are not.
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
      public void streamCreated(Attributes transport, Metadata all) {
        sent = true;
      }
    };
  }
}
