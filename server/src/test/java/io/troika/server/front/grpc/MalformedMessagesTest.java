package io.troika.server.front.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.ErrorFamily;
import io.troika.api.v1.GetStorageRequest;
import io.troika.api.v1.ObjectStoreGrpc;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Malformed messages to every method: random bytes, valid messages with random or extreme fields,
 * and those cut or flipped. Each call ends, with an answer or an error that has a detail and is the
 * caller's to mend, never a broken node; and the server goes on.
 */
final class MalformedMessagesTest {
  private static final int CALLS = 20_000;
  private static final long SEED = 20_261_124;
  private static final List<MethodDescriptor<?, ?>> METHODS =
      List.copyOf(ObjectStoreGrpc.getServiceDescriptor().getMethods());

  private final FrontFixture fixture = new FrontFixture();
  private final Random random = new Random(SEED);

  @Test
  @Timeout(120)
  void calls_malformed_endClearlyAndTheServerGoesOn() throws Exception {
    try (fixture) {
      int errors = 0;
      List<CompletableFuture<Status>> window = new ArrayList<>();
      for (int i = 0; i < CALLS; i++) {
        MethodDescriptor<?, ?> method = METHODS.get(random.nextInt(METHODS.size()));
        window.add(call(method, payload(method)));
        if (window.size() == 100) {
          errors += endAll(window);
        }
      }
      errors += endAll(window);
      assertThat(errors).as("calls that ended with an error").isGreaterThan(CALLS / 2);
      assertThat(
              fixture
                  .store()
                  .getStorage(GetStorageRequest.newBuilder().setStorage("main").build())
                  .getStorage()
                  .getName())
          .isEqualTo("main");
    }
  }

  private int endAll(List<CompletableFuture<Status>> window) throws Exception {
    // Reads at a tid of the future wait for it, votes hold locks: both until time passes.
    int errors = 0;
    for (CompletableFuture<Status> call : window) {
      while (!call.isDone()) {
        fixture.service.timer.advance(Duration.ofSeconds(31));
        try {
          call.get(1, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          // Still waiting: time goes on.
        }
      }
      errors += call.get().isOk() ? 0 : 1;
    }
    window.clear();
    return errors;
  }

  private CompletableFuture<Status> call(MethodDescriptor<?, ?> method, byte[] payload) {
    boolean endless = method.equals(ObjectStoreGrpc.getWatchMethod());
    CompletableFuture<Status> end = new CompletableFuture<>();
    ClientCall<byte[], byte[]> call =
        fixture.channel.newCall(
            method.toBuilder(RawMarshaller.INSTANCE, RawMarshaller.INSTANCE).build(),
            CallOptions.DEFAULT);
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
              check(method, endless, status, trailers);
              end.complete(status);
            } catch (AssertionError e) {
              end.completeExceptionally(e);
            }
          }
        },
        new Metadata());
    call.request(endless ? 1 : Integer.MAX_VALUE);
    call.sendMessage(payload);
    call.halfClose();
    return end;
  }

  private static void check(
      MethodDescriptor<?, ?> method, boolean endless, Status status, Metadata trailers) {
    if (status.isOk() || (endless && status.getCode() == Status.Code.CANCELLED)) {
      return;
    }
    ErrorDetail detail = ErrorMapping.detailOf(new StatusRuntimeException(status, trailers));
    assertThat(detail).as("%s: detail of %s", method.getFullMethodName(), status).isNotNull();
    assertThat(Objects.requireNonNull(detail).getFamily())
        .as("%s: %s", method.getFullMethodName(), detail)
        .isNotEqualTo(ErrorFamily.BROKEN)
        .isNotEqualTo(ErrorFamily.ERROR_FAMILY_UNSPECIFIED);
    assertThat(detail.getMessage()).isNotEmpty();
  }

  private byte[] payload(MethodDescriptor<?, ?> method) {
    return switch (random.nextInt(4)) {
      case 0 -> randomBytes(random.nextInt(64));
      case 1 -> damaged(validish(method));
      default -> validish(method);
    };
  }

  private byte[] randomBytes(int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  private byte[] damaged(byte[] bytes) {
    if (bytes.length == 0) {
      return bytes;
    }
    byte[] result = Arrays.copyOf(bytes, 1 + random.nextInt(bytes.length));
    result[random.nextInt(result.length)] ^= (byte) (1 << random.nextInt(8));
    return result;
  }

  private byte[] validish(MethodDescriptor<?, ?> method) {
    ProtoMethodDescriptorSupplier schema =
        (ProtoMethodDescriptorSupplier) method.getSchemaDescriptor();
    assertThat(schema).isNotNull();
    return message(DynamicMessage.newBuilder(schema.getMethodDescriptor().getInputType()), 0)
        .toByteArray();
  }

  private DynamicMessage message(DynamicMessage.Builder builder, int depth) {
    for (FieldDescriptor field : builder.getDescriptorForType().getFields()) {
      if (random.nextInt(5) == 0) {
        continue;
      }
      if (field.isRepeated()) {
        for (int i = random.nextInt(4); i > 0; i--) {
          builder.addRepeatedField(field, value(builder, field, depth));
        }
      } else {
        builder.setField(field, value(builder, field, depth));
      }
    }
    return builder.build();
  }

  private Object value(DynamicMessage.Builder builder, FieldDescriptor field, int depth) {
    return switch (field.getJavaType()) {
      case MESSAGE ->
          depth > 4
              ? builder.newBuilderForField(field).build()
              : message(builder.newBuilderForField(field), depth + 1);
      case LONG -> number();
      case INT -> (int) number();
      case BOOLEAN -> random.nextBoolean();
      case STRING ->
          field.getName().equals("storage") && random.nextInt(3) > 0
              ? "main"
              : "s".repeat(random.nextInt(300));
      case BYTE_STRING ->
          ByteString.copyFrom(randomBytes(random.nextInt(20) == 0 ? 70_000 : random.nextInt(20)));
      case ENUM -> field.getEnumType().findValueByNumberCreatingIfUnknown(random.nextInt(5));
      case FLOAT, DOUBLE -> throw new IllegalStateException("the protocol has none");
    };
  }

  /** Small ones, which meet each other; extremes; anything. */
  private long number() {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(4);
      case 1 -> random.nextBoolean() ? Long.MAX_VALUE : -1;
      case 2 -> 1L << random.nextInt(64);
      default -> random.nextLong();
    };
  }

  private static final class RawMarshaller implements MethodDescriptor.Marshaller<byte[]> {
    private static final RawMarshaller INSTANCE = new RawMarshaller();

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
