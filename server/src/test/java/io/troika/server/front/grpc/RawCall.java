package io.troika.server.front.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.ErrorFamily;
import io.troika.api.v1.ObjectStoreGrpc;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/** A call whose request is whatever bytes, and what a node may say to it. */
public final class RawCall {
  private RawCall() {}

  /**
   * Sends the bytes as the only request.
   *
   * @return how the call ended; fails with an AssertionError if that is not clear: an error without
   *     a detail of ours, without a text, or one that is not the caller's to mend or to try again
   */
  public static CompletableFuture<Status> send(
      Channel channel, MethodDescriptor<?, ?> method, byte[] request, CallOptions options) {
    boolean endless = method.equals(ObjectStoreGrpc.getWatchMethod());
    CompletableFuture<Status> end = new CompletableFuture<>();
    ClientCall<byte[], byte[]> call =
        channel.newCall(method.toBuilder(RawBytes.INSTANCE, RawBytes.INSTANCE).build(), options);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(byte[] message) {
            if (endless) {
              call.cancel("a watch was opened, which is right", null);
            }
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            try {
              check(method, request, status, trailers);
              end.complete(status);
            } catch (AssertionError e) {
              end.completeExceptionally(e);
            }
          }
        },
        new Metadata());
    call.request(endless ? 1 : Integer.MAX_VALUE);
    call.sendMessage(request);
    call.halfClose();
    return end;
  }

  /** Whether the bytes are a request of that method. */
  public static boolean isReadable(MethodDescriptor<?, ?> method, byte[] request) {
    try {
      return DynamicMessage.parseFrom(MalformedRequests.inputOf(method), request) != null;
    } catch (InvalidProtocolBufferException e) {
      return false;
    }
  }

  private static void check(
      MethodDescriptor<?, ?> method, byte[] request, Status status, Metadata trailers) {
    String call = method.getFullMethodName();
    boolean readable = isReadable(method, request);
    if (status.isOk() || isEndedHere(status)) {
      assertThat(readable).as("%s: answered what can't be read with %s", call, status).isTrue();
      return;
    }
    ErrorDetail detail = ErrorMapping.detailOf(new StatusRuntimeException(status, trailers));
    assertThat(detail).as("%s: detail of %s", call, status).isNotNull();
    assertThat(Objects.requireNonNull(detail).getFamily())
        .as("%s: %s", call, detail)
        .isNotEqualTo(ErrorFamily.BROKEN)
        .isNotEqualTo(ErrorFamily.ERROR_FAMILY_UNSPECIFIED);
    assertThat(detail.getMessage()).as("%s: text of %s", call, status).isNotBlank();
    if (!readable) {
      assertThat(status.getCode())
          .as("%s: %s", call, status)
          .isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(detail.getMessage()).as(call).startsWith("the message can't be read: ");
    }
  }

  /** By the caller: a watch that was opened, or what waits longer than the caller does. */
  private static boolean isEndedHere(Status status) {
    return status.getCode() == Status.Code.CANCELLED
        || status.getCode() == Status.Code.DEADLINE_EXCEEDED;
  }

  private static final class RawBytes implements MethodDescriptor.Marshaller<byte[]> {
    private static final RawBytes INSTANCE = new RawBytes();

    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
