package io.troika.client.internal.connection;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.troika.api.v1.ErrorDetail;
import io.troika.client.BrokenException;
import io.troika.client.InvalidRequestException;
import io.troika.client.LeaderInfo;
import io.troika.client.TroikaException;
import io.troika.client.internal.codec.ErrorCodec;
import io.troika.client.internal.codec.ValueCodec;
import java.io.IOException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What an error answer means for the request: is it safe, and of any use, to send it again? Decided
 * by our server's error detail; an error without one came from a connection, a proxy or a crash,
 * and leaves open whether the request was executed.
 */
sealed interface Verdict {
  /** No server makes anybody wait for longer. */
  long RETRY_AFTER_MILLIS_MAX = 60_000;

  /** What a try is said to have failed with whose address has a name that nobody knows. */
  String UNKNOWN_HOST = "unknown host";

  /**
   * The answer is final.
   *
   * @param ofThisTry it says that this try did nothing, and no more: of one before it, whose answer
   *     was lost, nothing is known
   */
  record Final(TroikaException failure, boolean ofThisTry) implements Verdict {}

  /**
   * The request may be sent again.
   *
   * @param reason why this node did not do it
   * @param mayHaveHappened whether the request may have been executed nevertheless
   * @param leader who leads, as that node knows
   * @param text for people
   * @param notBefore the least pause; zero: as the caller likes
   */
  record Again(
      Reason reason, boolean mayHaveHappened, LeaderInfo leader, String text, Duration notBefore)
      implements Verdict {

    /** At once, or when the caller likes. */
    Again(Reason reason, boolean mayHaveHappened, LeaderInfo leader, String text) {
      this(reason, mayHaveHappened, leader, text, Duration.ZERO);
    }
  }

  /** Why a node did not do it, as far as that says where to send it next. */
  enum Reason {
    /** Another one leads. */
    NOT_LEADER,
    /** The connection failed, or the node is stopping: another node. */
    GONE,
    /** It did not answer in time: another node. */
    SILENT,
    /** It has not applied what was asked for: another node, or a little later. */
    LAGGING,
    /** Overloaded, or an object is locked: the same node, later. */
    BUSY,
    /** It could not learn the outcome: the same request to the leader. */
    UNSURE
  }

  /** Of what a gRPC observer is told. */
  static Verdict of(Throwable thrown) {
    if (!(thrown instanceof StatusRuntimeException failure)) {
      return new Final(new BrokenException("an answer can't be read: " + thrown, thrown), false);
    }
    ErrorDetail detail = detail(failure);
    return detail == null ? ofTransport(failure) : ofServer(detail);
  }

  private static Verdict ofServer(ErrorDetail detail) {
    return switch (detail.getFamily()) {
      case NOT_NOW ->
          new Again(
              notNow(detail.getCode()),
              false,
              leader(detail),
              text(detail),
              Duration.ofMillis(Math.min(detail.getRetryAfterMillis(), RETRY_AFTER_MILLIS_MAX)));
      case UNKNOWN_OUTCOME -> new Again(Reason.UNSURE, true, leader(detail), text(detail));
      default -> new Final(ErrorCodec.exception(detail), isRefusedAtTheDoor(detail.getCode()));
    };
  }

  /** Others look first whether the transaction has an outcome already, which they tell. */
  private static boolean isRefusedAtTheDoor(ErrorDetail.Code code) {
    return code == ErrorDetail.Code.UNAUTHENTICATED || code == ErrorDetail.Code.PERMISSION_DENIED;
  }

  private static Reason notNow(ErrorDetail.Code code) {
    return switch (code) {
      case NOT_LEADER -> Reason.NOT_LEADER;
      case LAGGING -> Reason.LAGGING;
      case STOPPING -> Reason.GONE;
      default -> Reason.BUSY;
    };
  }

  private static Verdict ofTransport(StatusRuntimeException failure) {
    String text = text(failure.getStatus());
    return switch (failure.getStatus().getCode()) {
      case DEADLINE_EXCEEDED -> new Again(Reason.SILENT, true, LeaderInfo.NONE, text);
      case UNIMPLEMENTED, UNAUTHENTICATED, PERMISSION_DENIED ->
          new Final(
              new BrokenException("the node does not know or allow this: " + text, failure), true);
      // gRPC's own answer to a message that is larger than the other side takes.
      case RESOURCE_EXHAUSTED ->
          new Final(new InvalidRequestException("a message is too large: " + text, failure), true);
      default -> new Again(Reason.GONE, true, LeaderInfo.NONE, text);
    };
  }

  /** Transports hide what happened behind words like "io exception"; the first cause knows. */
  private static String text(io.grpc.Status status) {
    Throwable cause = status.getCause();
    while (cause != null && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof UnknownHostException) {
      return UNKNOWN_HOST;
    }
    if (cause instanceof IOException && cause.getMessage() != null) {
      return cause.getMessage().toLowerCase(Locale.ROOT);
    }
    if (status.getCode() == io.grpc.Status.Code.DEADLINE_EXCEEDED) {
      return "no answer in time";
    }
    return status.getDescription() == null
        ? status.getCode().toString()
        : status.getCode() + ": " + status.getDescription();
  }

  private static LeaderInfo leader(ErrorDetail detail) {
    return detail.hasLeader() ? ValueCodec.leader(detail.getLeader()) : LeaderInfo.NONE;
  }

  private static String text(ErrorDetail detail) {
    return detail.getCode() + ": " + detail.getMessage();
  }

  private static @Nullable ErrorDetail detail(StatusRuntimeException failure) {
    Status status = StatusProto.fromThrowable(failure);
    if (status == null) {
      return null;
    }
    for (Any any : status.getDetailsList()) {
      if (any.is(ErrorDetail.class)) {
        try {
          return any.unpack(ErrorDetail.class);
        } catch (InvalidProtocolBufferException e) {
          // As good as none: nothing that it claims can be relied on.
          return null;
        }
      }
    }
    return null;
  }
}
