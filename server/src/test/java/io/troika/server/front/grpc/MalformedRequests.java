package io.troika.server.front.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;

/**
 * Requests that nobody should send: random bytes, valid messages with random or extreme fields, and
 * those cut or flipped.
 */
public final class MalformedRequests {
  private final Random random;

  public MalformedRequests(long seed) {
    random = new Random(seed);
  }

  /** The next request to that method, as bytes. */
  public byte[] next(MethodDescriptor<?, ?> method) {
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
    return message(DynamicMessage.newBuilder(inputOf(method)), 0).toByteArray();
  }

  /** The type of the method's requests. */
  static Descriptor inputOf(MethodDescriptor<?, ?> method) {
    ProtoMethodDescriptorSupplier schema =
        (ProtoMethodDescriptorSupplier) Objects.requireNonNull(method.getSchemaDescriptor());
    return schema.getMethodDescriptor().getInputType();
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
}
