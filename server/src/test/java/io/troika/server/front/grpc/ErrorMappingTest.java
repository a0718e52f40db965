package io.troika.server.front.grpc;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.ErrorDetail.Code;
import io.troika.api.v1.ErrorFamily;
import io.troika.server.access.AccessControl;
import io.troika.server.access.AccessRefusedException;
import io.troika.server.access.Caller;
import io.troika.server.access.ClientRates;
import io.troika.server.access.Demand;
import io.troika.server.access.RateExceededException;
import io.troika.server.config.NodeConfig.RateLimits;
import io.troika.server.config.SecurityConfig;
import io.troika.server.core.command.Outcome.Abandoned;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.ObjectConflict.Kind;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.command.Outcome.UndoConflict;
import io.troika.server.core.command.Outcome.UndoObstacle;
import io.troika.server.core.model.AccessList;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.InvariantViolation;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.refusals.DiskFullException;
import io.troika.server.service.refusals.HistoryReplacedException;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.service.refusals.LockTimeoutException;
import io.troika.server.service.refusals.NotLeaderException;
import io.troika.server.service.refusals.OutcomeUnknownException;
import io.troika.server.service.refusals.OverloadedException;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.RequestRefusedException.Reason;
import io.troika.server.service.refusals.StagingFullException;
import io.troika.server.service.refusals.StoppingException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of style.md, "Errors", and of {@code errors.proto}. */
final class ErrorMappingTest {
  private static final TransactionId ID = new TransactionId(new UUID(1, 2), 3);
  private static final ObjectConflict CONFLICT =
      new ObjectConflict(Kind.WRITE, new Oid(0x2a), new Tid(0x10), new Tid(0x13));

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(
            new IllegalArgumentException("bad"),
            Status.Code.INVALID_ARGUMENT,
            ErrorFamily.YOUR_MISTAKE,
            Code.INVALID_ARGUMENT),
        Arguments.of(
            Status.INTERNAL
                .withCause(new InvalidProtocolBufferException("torn"))
                .asRuntimeException(),
            Status.Code.INVALID_ARGUMENT,
            ErrorFamily.YOUR_MISTAKE,
            Code.INVALID_ARGUMENT),
        refused(Reason.INVALID_ARGUMENT, Status.Code.INVALID_ARGUMENT, Code.INVALID_ARGUMENT),
        refused(Reason.UNKNOWN_STORAGE, Status.Code.NOT_FOUND, Code.UNKNOWN_STORAGE),
        refused(Reason.UNKNOWN_OBJECT, Status.Code.NOT_FOUND, Code.UNKNOWN_OBJECT),
        refused(Reason.UNKNOWN_TRANSACTION, Status.Code.NOT_FOUND, Code.UNKNOWN_TRANSACTION),
        refused(Reason.UNKNOWN_SESSION, Status.Code.FAILED_PRECONDITION, Code.UNKNOWN_SESSION),
        refused(
            Reason.TRANSACTION_TOO_LARGE, Status.Code.INVALID_ARGUMENT, Code.TRANSACTION_TOO_LARGE),
        refused(Reason.TOO_MANY_OBJECTS, Status.Code.INVALID_ARGUMENT, Code.TOO_MANY_OBJECTS),
        refused(Reason.TID_NOT_GREATER, Status.Code.FAILED_PRECONDITION, Code.TID_NOT_GREATER),
        refused(Reason.OIDS_EXHAUSTED, Status.Code.FAILED_PRECONDITION, Code.OIDS_EXHAUSTED),
        refused(Reason.PACKED, Status.Code.OUT_OF_RANGE, Code.PACKED),
        refused(Reason.UNKNOWN_BLOB, Status.Code.NOT_FOUND, Code.UNKNOWN_BLOB),
        refused(Reason.STAGING_LOST, Status.Code.FAILED_PRECONDITION, Code.STAGING_LOST),
        refused(Reason.QUOTA_EXCEEDED, Status.Code.RESOURCE_EXHAUSTED, Code.QUOTA_EXCEEDED),
        Arguments.of(
            new HistoryReplacedException("restored"),
            Status.Code.ABORTED,
            ErrorFamily.CONFLICT_FAMILY,
            Code.HISTORY_REPLACED),
        Arguments.of(
            refusedTo(Caller.ANYBODY),
            Status.Code.UNAUTHENTICATED,
            ErrorFamily.YOUR_MISTAKE,
            Code.UNAUTHENTICATED),
        Arguments.of(
            refusedTo(Caller.ofCertificate("somebody", false)),
            Status.Code.PERMISSION_DENIED,
            ErrorFamily.YOUR_MISTAKE,
            Code.PERMISSION_DENIED),
        notNow(
            new NotLeaderException(new Leadership(7, "n2", "host:1", false)),
            Status.Code.UNAVAILABLE,
            Code.NOT_LEADER),
        notNow(new LaggingException("behind"), Status.Code.UNAVAILABLE, Code.LAGGING),
        notNow(new OverloadedException("full"), Status.Code.RESOURCE_EXHAUSTED, Code.OVERLOADED),
        notNow(new LockTimeoutException("held"), Status.Code.UNAVAILABLE, Code.LOCK_TIMEOUT),
        notNow(new DiskFullException("full"), Status.Code.RESOURCE_EXHAUSTED, Code.DISK_FULL),
        notNow(new StagingFullException("full"), Status.Code.RESOURCE_EXHAUSTED, Code.STAGING_FULL),
        notNow(new StoppingException("stops"), Status.Code.UNAVAILABLE, Code.STOPPING),
        notNow(rateExceeded(), Status.Code.RESOURCE_EXHAUSTED, Code.RATE_EXCEEDED),
        Arguments.of(
            new OutcomeUnknownException("lost", new IllegalStateException()),
            Status.Code.UNKNOWN,
            ErrorFamily.UNKNOWN_OUTCOME,
            Code.OUTCOME_UNKNOWN),
        Arguments.of(
            new InvariantViolation("broken"),
            Status.Code.DATA_LOSS,
            ErrorFamily.BROKEN,
            Code.CORRUPT),
        Arguments.of(
            new IllegalStateException("a defect"),
            Status.Code.INTERNAL,
            ErrorFamily.BROKEN,
            Code.INTERNAL));
  }

  private static RuntimeException rateExceeded() {
    ClientRates.Client client =
        requireNonNull(
            new ClientRates(new RateLimits(1, 1), () -> 0)
                .of(Caller.ofCertificate("somebody", false), null));
    client.transferred(3);
    return catchThrowableOfType(RateExceededException.class, client::begin);
  }

  private static RuntimeException refusedTo(Caller caller) {
    AccessControl access =
        new AccessControl(
            SecurityConfig.DEFAULT.requiringAccess(List.of()), () -> AccessList.EMPTY, () -> 0);
    return catchThrowableOfType(
        AccessRefusedException.class,
        () -> access.require(caller, Demand.READ_STORAGE, "a call", "main"));
  }

  private static Arguments refused(Reason reason, Status.Code status, Code code) {
    return Arguments.of(
        new RequestRefusedException(reason, "refused"), status, ErrorFamily.YOUR_MISTAKE, code);
  }

  private static Arguments notNow(RuntimeException failure, Status.Code status, Code code) {
    return Arguments.of(failure, status, ErrorFamily.NOT_NOW, code);
  }

  static Stream<Arguments> outcomes() {
    return Stream.of(
        Arguments.of(
            new Conflict(List.of(CONFLICT)),
            Status.Code.ABORTED,
            ErrorFamily.CONFLICT_FAMILY,
            Code.CONFLICT),
        Arguments.of(
            new UndoConflict(List.of(new UndoObstacle(new Oid(1), new Tid(2), new Tid(3)))),
            Status.Code.ABORTED,
            ErrorFamily.CONFLICT_FAMILY,
            Code.UNDO_CONFLICT),
        Arguments.of(
            new Abandoned(),
            Status.Code.FAILED_PRECONDITION,
            ErrorFamily.YOUR_MISTAKE,
            Code.ABANDONED),
        Arguments.of(
            new Rejected(Rejected.Reason.UNKNOWN_OBJECT, "no such object"),
            Status.Code.NOT_FOUND,
            ErrorFamily.YOUR_MISTAKE,
            Code.UNKNOWN_OBJECT));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void failure_ofEachFamily_hasItsStatus(
      Throwable failure, Status.Code status, ErrorFamily family, Code code) {
    check(ErrorMapping.toStatus(new CompletionException(failure)), status, family, code);
  }

  @ParameterizedTest
  @MethodSource("outcomes")
  void outcome_ofEachKind_hasItsStatusAndNamesTheTransaction(
      TransactionOutcome outcome, Status.Code status, ErrorFamily family, Code code) {
    StatusRuntimeException mapped = ErrorMapping.toStatus(outcome, ID, StorageId::toString, null);
    check(mapped, status, family, code);
    assertThat(detail(mapped).getTransaction()).isEqualTo(ToProto.transactionId(ID));
  }

  private static void check(
      StatusRuntimeException mapped, Status.Code status, ErrorFamily family, Code code) {
    assertThat(mapped.getStatus().getCode()).isEqualTo(status);
    assertThat(detail(mapped).getFamily()).isEqualTo(family);
    assertThat(detail(mapped).getCode()).isEqualTo(code);
    assertThat(detail(mapped).getMessage()).isNotEmpty();
  }

  private static ErrorDetail detail(StatusRuntimeException mapped) {
    ErrorDetail detail = ErrorMapping.detailOf(mapped);
    assertThat(detail).isNotNull();
    return requireNonNull(detail);
  }

  /** Keeps the tables above whole: each code of the protocol has a case. */
  @Test
  void tables_together_haveEveryCode() {
    Set<Code> codes = EnumSet.noneOf(Code.class);
    Stream.concat(failures(), outcomes()).forEach(row -> codes.add((Code) row.get()[3]));
    assertThat(codes)
        .containsExactlyInAnyOrderElementsOf(
            EnumSet.complementOf(EnumSet.of(Code.CODE_UNSPECIFIED, Code.UNRECOGNIZED)));
  }

  @Test
  void notLeader_namesTheLeader() {
    StatusRuntimeException mapped =
        ErrorMapping.toStatus(new NotLeaderException(new Leadership(7, "n2", "host:1", false)));
    assertThat(detail(mapped).getLeader().getNodeId()).isEqualTo("n2");
    assertThat(detail(mapped).getLeader().getClientAddress()).isEqualTo("host:1");
    assertThat(detail(mapped).getLeader().getTerm()).isEqualTo(7);
  }

  @Test
  void unexpected_saysNothingOfItselfButAnId() {
    StatusRuntimeException mapped = ErrorMapping.toStatus(new IllegalStateException("secret"));
    assertThat(detail(mapped).getMessage()).contains("error id").doesNotContain("secret");
  }

  @Test
  void unknownOutcome_ofATransaction_namesIt() {
    StatusRuntimeException mapped =
        ErrorMapping.toStatus(new OutcomeUnknownException("lost", new RuntimeException()), ID);
    assertThat(detail(mapped).getTransaction().getSequence()).isEqualTo(3);
  }

  @Test
  void mapped_mappedAgain_staysAsItIs() {
    StatusRuntimeException mapped = ErrorMapping.toStatus(new LaggingException("behind"));
    assertThat(ErrorMapping.toStatus(new CompletionException(mapped))).isSameAs(mapped);
  }

  @Test
  void committed_isNoError() {
    assertThatThrownBy(
            () -> ErrorMapping.toStatus(new Committed(new Tid(1)), ID, StorageId::toString, null))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void conflict_withData_carriesIt() {
    StatusRuntimeException mapped =
        ErrorMapping.toStatus(
            new Conflict(List.of(CONFLICT)),
            ID,
            StorageId::toString,
            conflict -> Bytes.utf8("current"));
    assertThat(detail(mapped).getConflicts(0).getCurrentData().toStringUtf8()).isEqualTo("current");
    assertThat(detail(mapped).getMessage()).contains("oid 0x2a: read at 0x10, current is 0x13");
  }

  @Test
  void conflict_moreDataThanFits_leavesTheRestOut() {
    byte[] big = new byte[ErrorMapping.CONFLICT_DATA_BYTES_MAX / 2 + 1];
    StatusRuntimeException mapped =
        ErrorMapping.toStatus(
            new Conflict(List.of(CONFLICT, CONFLICT)),
            ID,
            StorageId::toString,
            conflict -> Bytes.wrap(big));
    assertThat(detail(mapped).getConflicts(0).hasCurrentData()).isTrue();
    assertThat(detail(mapped).getConflicts(1).hasCurrentData()).isFalse();
  }

  @Test
  void conflict_ofSeveralStorages_namesEachOne() {
    StatusRuntimeException mapped =
        ErrorMapping.toStatus(
            new Conflict(List.of(CONFLICT.in(new StorageId(1)), CONFLICT.in(new StorageId(2)))),
            ID,
            storage -> storage.value() == 1 ? "orders" : "stock",
            null);
    assertThat(detail(mapped).getConflictsList())
        .extracting(io.troika.api.v1.ObjectConflict::getStorage)
        .containsExactly("orders", "stock");
    assertThat(detail(mapped).getMessage()).contains("storage orders, oid 0x2a");
  }

  @Test
  void largestErrorOfSeveralStorages_withoutData_fitsPlainClients() {
    List<ObjectConflict> conflicts = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      conflicts.add(
          new ObjectConflict(Kind.WRITE, new Oid(-1L - i), new Tid(Long.MAX_VALUE), Tid.MAX)
              .in(new StorageId(1)));
    }
    String name = "ä".repeat(StorageState.NAME_LENGTH_MAX);
    StatusRuntimeException mapped =
        ErrorMapping.toStatus(new Conflict(conflicts), ID, storage -> name, null);
    assertThat(detail(mapped).getConflictsCount()).isBetween(1, 20);
    assertThat(trailerBytes(mapped)).isLessThan(8 << 10);
  }

  /** A gRPC client takes 8 KiB of trailers unless it asks for more. */
  @Test
  void largestError_withoutData_fitsPlainClients() {
    List<ObjectConflict> conflicts = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      conflicts.add(
          new ObjectConflict(Kind.WRITE, new Oid(-1L - i), new Tid(Long.MAX_VALUE), Tid.MAX));
    }
    assertThat(
            trailerBytes(
                ErrorMapping.toStatus(new Conflict(conflicts), ID, StorageId::toString, null)))
        .isLessThan(8_192 - 512);
    assertThat(
            trailerBytes(
                ErrorMapping.toStatus(new IllegalArgumentException("x".repeat(100_000)), ID)))
        .isLessThan(8_192 - 512);
  }

  /** As HTTP/2 counts: 32 bytes an entry; binary ones in base64. */
  private static long trailerBytes(StatusRuntimeException mapped) {
    Metadata trailers = requireNonNull(mapped.getTrailers());
    byte[] details =
        trailers.get(Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER));
    return requireNonNull(details).length * 4L / 3
        + requireNonNull(mapped.getStatus().getDescription()).length()
        + 200;
  }
}
