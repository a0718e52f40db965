package io.troika.client.fake;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.ErrorFamily;
import io.troika.api.v1.LeaderHint;
import java.time.Duration;
import java.util.Optional;

/** Errors as our server sends them: with a detail that says what they mean. */
public final class Errors {
  private Errors() {}

  public static ErrorDetail.Builder detail(ErrorDetail.Code code, String message) {
    return ErrorDetail.newBuilder().setFamily(family(code)).setCode(code).setMessage(message);
  }

  public static StatusRuntimeException of(ErrorDetail.Code code, String message) {
    return of(detail(code, message).build());
  }

  public static StatusRuntimeException notLeader(LeaderHint hint) {
    return of(detail(ErrorDetail.Code.NOT_LEADER, "not the leader").setLeader(hint).build());
  }

  public static StatusRuntimeException rateExceeded(Duration retryAfter) {
    return of(
        detail(ErrorDetail.Code.RATE_EXCEEDED, "too fast")
            .setRetryAfterMillis(retryAfter.toMillis())
            .build());
  }

  public static StatusRuntimeException of(ErrorDetail detail) {
    Status status =
        Status.newBuilder()
            .setCode(grpcCode(detail.getFamily()))
            .setMessage(detail.getMessage())
            .addDetails(Any.pack(detail))
            .build();
    return StatusProto.toStatusRuntimeException(status);
  }

  /** What a status of ours says; empty if it is a bare one. */
  public static Optional<ErrorFamily> familyOf(StatusRuntimeException answer) {
    Status status = StatusProto.fromThrowable(answer);
    if (status == null || status.getDetailsCount() == 0) {
      return Optional.empty();
    }
    try {
      return Optional.of(status.getDetails(0).unpack(ErrorDetail.class).getFamily());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int grpcCode(ErrorFamily family) {
    return switch (family) {
      case YOUR_MISTAKE -> com.google.rpc.Code.INVALID_ARGUMENT_VALUE;
      case CONFLICT_FAMILY -> com.google.rpc.Code.ABORTED_VALUE;
      case NOT_NOW -> com.google.rpc.Code.UNAVAILABLE_VALUE;
      case UNKNOWN_OUTCOME -> com.google.rpc.Code.UNKNOWN_VALUE;
      default -> com.google.rpc.Code.INTERNAL_VALUE;
    };
  }

  private static ErrorFamily family(ErrorDetail.Code code) {
    int number = code.getNumber();
    if (number < ErrorDetail.Code.CONFLICT_VALUE) {
      return ErrorFamily.YOUR_MISTAKE;
    }
    if (number < ErrorDetail.Code.NOT_LEADER_VALUE) {
      return ErrorFamily.CONFLICT_FAMILY;
    }
    if (number < ErrorDetail.Code.OUTCOME_UNKNOWN_VALUE) {
      return ErrorFamily.NOT_NOW;
    }
    return number < ErrorDetail.Code.CORRUPT_VALUE
        ? ErrorFamily.UNKNOWN_OUTCOME
        : ErrorFamily.BROKEN;
  }
}
