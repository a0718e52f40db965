package io.troika.it.bench;

import com.google.protobuf.ByteString;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.troika.it.bench.echo.EchoGrpc;
import io.troika.it.bench.echo.EchoReply;
import io.troika.it.bench.echo.EchoRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** A gRPC server that does nothing: what a load is measured against. A process of its own. */
final class EchoServer {
  private EchoServer() {}

  /** Arguments: the port, the size of an answer in bytes. */
  public static void main(String[] arguments) throws Exception {
    int port = Integer.parseInt(arguments[0]);
    ByteString data = ByteString.copyFrom(Payload.ofBytes(Integer.parseInt(arguments[1])));
    NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
        .directExecutor()
        .addService(
            new EchoGrpc.EchoImplBase() {
              @Override
              public void load(EchoRequest request, StreamObserver<EchoReply> answer) {
                answer.onNext(EchoReply.newBuilder().setData(data).build());
                answer.onCompleted();
              }
            })
        .build()
        .start()
        .awaitTermination();
  }
}
