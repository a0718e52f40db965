package io.troika.client.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.ErrorDetail.Code;
import io.troika.api.v1.ObjectConflict;
import io.troika.api.v1.UndoObstacle;
import io.troika.client.BlobLostException;
import io.troika.client.BrokenException;
import io.troika.client.Bytes;
import io.troika.client.ConflictException;
import io.troika.client.ErrorFamily;
import io.troika.client.HistoryPackedException;
import io.troika.client.HistoryReplacedException;
import io.troika.client.InvalidRequestException;
import io.troika.client.Oid;
import io.troika.client.PermissionDeniedException;
import io.troika.client.QuotaExceededException;
import io.troika.client.Tid;
import io.troika.client.TidNotGreaterException;
import io.troika.client.TransactionAbandonedException;
import io.troika.client.TransactionTooLargeException;
import io.troika.client.TroikaException;
import io.troika.client.UnauthenticatedException;
import io.troika.client.UndoConflictException;
import io.troika.client.UnknownBlobException;
import io.troika.client.UnknownObjectException;
import io.troika.client.UnknownStorageException;
import io.troika.client.UnknownTransactionException;
import io.troika.client.fake.Errors;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every code of {@code errors.proto} that ends a call, as an exception. */
final class ErrorCodecTest {
  private static final Map<Code, Class<?>> OWN_TYPE =
      Map.ofEntries(
          Map.entry(Code.UNKNOWN_STORAGE, UnknownStorageException.class),
          Map.entry(Code.UNKNOWN_OBJECT, UnknownObjectException.class),
          Map.entry(Code.UNKNOWN_TRANSACTION, UnknownTransactionException.class),
          Map.entry(Code.TRANSACTION_TOO_LARGE, TransactionTooLargeException.class),
          Map.entry(Code.TOO_MANY_OBJECTS, TransactionTooLargeException.class),
          Map.entry(Code.TID_NOT_GREATER, TidNotGreaterException.class),
          Map.entry(Code.PACKED, HistoryPackedException.class),
          Map.entry(Code.UNKNOWN_BLOB, UnknownBlobException.class),
          Map.entry(Code.STAGING_LOST, BlobLostException.class),
          Map.entry(Code.HISTORY_REPLACED, HistoryReplacedException.class),
          Map.entry(Code.QUOTA_EXCEEDED, QuotaExceededException.class),
          Map.entry(Code.ABANDONED, TransactionAbandonedException.class),
          Map.entry(Code.UNAUTHENTICATED, UnauthenticatedException.class),
          Map.entry(Code.PERMISSION_DENIED, PermissionDeniedException.class),
          Map.entry(Code.CONFLICT, ConflictException.class),
          Map.entry(Code.UNDO_CONFLICT, UndoConflictException.class));

  static Stream<Code> finalCodes() {
    return Arrays.stream(Code.values())
        .filter(code -> code != Code.UNRECOGNIZED && code != Code.CODE_UNSPECIFIED)
        .filter(
            code ->
                switch (Errors.detail(code, "").getFamily()) {
                  case NOT_NOW, UNKNOWN_OUTCOME -> false;
                  default -> true;
                });
  }

  @ParameterizedTest
  @MethodSource("finalCodes")
  void exception_eachCode_hasItsTypeFamilyAndTheServersWords(Code code) {
    TroikaException exception = ErrorCodec.exception(Errors.detail(code, "oid 0x2a: …").build());

    assertThat(exception).hasMessage("oid 0x2a: …");
    switch (Errors.detail(code, "").getFamily()) {
      case YOUR_MISTAKE -> {
        assertThat(exception)
            .isExactlyInstanceOf(OWN_TYPE.getOrDefault(code, InvalidRequestException.class));
        assertThat(exception.family()).isEqualTo(ErrorFamily.INVALID_REQUEST);
      }
      case CONFLICT_FAMILY -> {
        assertThat(exception).isInstanceOf(OWN_TYPE.get(code));
        assertThat(exception.family()).isEqualTo(ErrorFamily.CONFLICT);
      }
      default -> {
        assertThat(exception).isInstanceOf(BrokenException.class);
        assertThat(exception.family()).isEqualTo(ErrorFamily.BROKEN);
      }
    }
  }

  @Test
  void exception_limits_areValues() {
    ErrorDetail detail =
        Errors.detail(Code.TRANSACTION_TOO_LARGE, "m").setLimit(8).setFound(9).build();
    assertThat(ErrorCodec.exception(detail))
        .isInstanceOfSatisfying(
            TransactionTooLargeException.class,
            e -> {
              assertThat(e.limit()).isEqualTo(8);
              assertThat(e.found()).isEqualTo(9);
            });
  }

  @Test
  void exception_conflicts_areValuesWithTheDataThatCame() {
    ObjectConflict.Builder conflict =
        ObjectConflict.newBuilder()
            .setKind(ObjectConflict.Kind.WRITE)
            .setOid(0x2a)
            .setSerialRead(0x10)
            .setSerialCurrent(0x13);
    ErrorDetail detail =
        Errors.detail(Code.CONFLICT, "m")
            .addConflicts(conflict)
            .addConflicts(conflict.setCurrentData(ByteString.copyFromUtf8("now")))
            .build();
    assertThat(ErrorCodec.exception(detail))
        .isInstanceOfSatisfying(
            ConflictException.class,
            e -> {
              assertThat(e.conflicts())
                  .allSatisfy(
                      each ->
                          assertThat(each)
                              .hasToString("oid 0x2a: written from 0x10, current is 0x13"));
              assertThat(e.conflicts().get(0).currentData()).isEmpty();
              assertThat(e.conflicts().get(1).currentData()).hasValue(Bytes.utf8("now"));
            });
  }

  @Test
  void exception_obstacles_areValues() {
    ErrorDetail detail =
        Errors.detail(Code.UNDO_CONFLICT, "m")
            .addUndoObstacles(
                UndoObstacle.newBuilder().setOid(1).setUndone(2).setCurrent(3).build())
            .build();
    assertThat(ErrorCodec.exception(detail))
        .isInstanceOfSatisfying(
            UndoConflictException.class,
            e ->
                assertThat(e.obstacles())
                    .containsExactly(
                        new io.troika.client.UndoObstacle(
                            Optional.empty(), new Oid(1), new Tid(2), new Tid(3))));
  }

  @Test
  void exception_ofSeveralStorages_namesThem() {
    ErrorDetail conflict =
        Errors.detail(Code.CONFLICT, "m")
            .addConflicts(
                ObjectConflict.newBuilder()
                    .setStorage("stock")
                    .setKind(ObjectConflict.Kind.READ)
                    .setOid(0x2a))
            .build();
    assertThat(ErrorCodec.exception(conflict))
        .isInstanceOfSatisfying(
            ConflictException.class,
            e -> {
              assertThat(e.conflicts().get(0).storage()).hasValue("stock");
              assertThat(e.conflicts().get(0)).asString().startsWith("storage stock, oid 0x2a: ");
            });
    ErrorDetail blocked =
        Errors.detail(Code.UNDO_CONFLICT, "m")
            .addUndoObstacles(UndoObstacle.newBuilder().setStorage("orders").setOid(1))
            .build();
    assertThat(ErrorCodec.exception(blocked))
        .isInstanceOfSatisfying(
            UndoConflictException.class,
            e -> assertThat(e.obstacles().get(0).storage()).hasValue("orders"));
  }

  /** A family that this client does not know must not pass for one that it does. */
  @Test
  void exception_unknownFamily_isBroken() {
    ErrorDetail detail = ErrorDetail.newBuilder().setFamilyValue(99).setMessage("m").build();
    assertThat(ErrorCodec.exception(detail))
        .isInstanceOf(BrokenException.class)
        .hasMessageContaining("unexpected error family");
  }
}
