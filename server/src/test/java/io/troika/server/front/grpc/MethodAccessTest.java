package io.troika.server.front.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.troika.api.v1.AdminGrpc;
import io.troika.api.v1.MonitorGrpc;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.server.access.Demand.Scope;
import io.troika.server.front.grpc.MethodAccess.Rule;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Nobody can add a method and forget to say who may call it. */
class MethodAccessTest {
  private static final String NAME = "the storage";

  static Stream<MethodDescriptor<?, ?>> methods() {
    return Stream.of(
            ObjectStoreGrpc.getServiceDescriptor(),
            AdminGrpc.getServiceDescriptor(),
            MonitorGrpc.getServiceDescriptor())
        .flatMap(service -> service.getMethods().stream());
  }

  @ParameterizedTest
  @MethodSource("methods")
  void everyMethod_hasARule(MethodDescriptor<?, ?> method) {
    assertThat(MethodAccess.of(method.getFullMethodName())).as("%s", method).isNotNull();
  }

  /**
   * One whose request names a storage, and that is judged by another or by any, would leak it; but
   * not one for which only a grant for all is enough.
   */
  @ParameterizedTest
  @MethodSource("methods")
  void everyMethodWithAStorage_isJudgedByIt(MethodDescriptor<?, ?> method) {
    Rule rule = Objects.requireNonNull(MethodAccess.of(method.getFullMethodName()));
    Optional<Message> request = naming(prototype(method));

    if (request.isPresent() && rule.demand().scope() != Scope.CLUSTER) {
      assertThat(rule.demandFor(NAME).scope()).as("%s", method).isEqualTo(Scope.STORAGE);
      assertThat(rule.storageOf(request.get())).as("%s", method).isEqualTo(NAME);
    } else if (request.isEmpty() && !method.equals(AdminGrpc.getCreateStorageMethod())) {
      assertThat(rule.demand().scope()).as("%s", method).isNotEqualTo(Scope.STORAGE);
    }
  }

  private static Message prototype(MethodDescriptor<?, ?> method) {
    return (Message)
        Objects.requireNonNull(
            ((PrototypeMarshaller<?>) method.getRequestMarshaller()).getMessagePrototype());
  }

  /** The request with {@link #NAME} in its field "storage", or in that of one of its messages. */
  private static Optional<Message> naming(Message request) {
    FieldDescriptor storage = request.getDescriptorForType().findFieldByName("storage");
    if (storage != null) {
      return Optional.of(request.toBuilder().setField(storage, NAME).build());
    }
    return request.getDescriptorForType().getFields().stream()
        .filter(field -> field.getJavaType() == FieldDescriptor.JavaType.MESSAGE)
        .filter(field -> !field.isRepeated())
        .flatMap(
            field ->
                naming((Message) request.getField(field)).stream()
                    .map(inner -> request.toBuilder().setField(field, inner).build()))
        .findFirst();
  }
}
