package io.troika.server.front.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.stub.StreamObserver;
import io.troika.api.v1.AdminGrpc;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.ErrorFamily;
import io.troika.api.v1.ListStoragesRequest;
import io.troika.api.v1.ListStoragesResponse;
import io.troika.server.core.model.InvariantViolation;
import io.troika.server.service.ServiceFixture;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A method that fails on its own account: the caller learns so, with an id to look up. */
final class ErrorInterceptorTest {
  private Supplier<ListStoragesResponse> method = ListStoragesResponse::getDefaultInstance;
  private final FrontFixture fixture =
      new FrontFixture(
          new ServiceFixture(),
          new AdminGrpc.AdminImplBase() {
            @Override
            public void listStorages(
                ListStoragesRequest request, StreamObserver<ListStoragesResponse> observer) {
              observer.onNext(method.get());
              observer.onCompleted();
            }
          });

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void exceptionOfAMethod_isABrokenNode() {
    method =
        () -> {
          throw new IllegalStateException("private words");
        };

    assertBroken(ErrorDetail.Code.INTERNAL);
  }

  @Test
  void invariantViolated_isACorruptNode() {
    method =
        () -> {
          throw new InvariantViolation("private words");
        };

    assertBroken(ErrorDetail.Code.CORRUPT);
  }

  /** Such as a virtual machine's that has no room left for code. */
  @Test
  void errorOfAMethod_isABrokenNodeToo() {
    method =
        () -> {
          throw new InternalError("private words");
        };

    assertBroken(ErrorDetail.Code.INTERNAL);
  }

  private void assertBroken(ErrorDetail.Code code) {
    ErrorDetail detail = FrontFixture.error(this::call);

    assertThat(detail.getFamily()).isEqualTo(ErrorFamily.BROKEN);
    assertThat(detail.getCode()).isEqualTo(code);
    assertThat(detail.getMessage()).contains("error id ").doesNotContain("private");
    method = ListStoragesResponse::getDefaultInstance;
    assertThat(call()).as("the next call").isEqualTo(ListStoragesResponse.getDefaultInstance());
  }

  private ListStoragesResponse call() {
    return AdminGrpc.newBlockingStub(fixture.channel)
        .listStorages(ListStoragesRequest.getDefaultInstance());
  }
}
