package io.troika.server.front.zeo.commit;

import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.ObjectConflict.Kind;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.command.Outcome.UndoConflict;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.Tid;
import io.troika.server.core.mvcc.LoadResult.Missing;
import io.troika.server.core.mvcc.LoadResult.Why;
import io.troika.server.front.zeo.session.LeaderFailures;
import io.troika.server.front.zeo.session.StorageSession;
import io.troika.server.front.zeo.session.Values;
import io.troika.server.front.zeo.session.ZeoError;
import io.troika.server.front.zeo.session.ZeoError.UndoFailure;
import io.troika.server.front.zeo.wire.Wire;
import io.troika.server.service.refusals.FailureCause;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.service.refusals.RequestRefusedException.Reason;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Why a transaction can't be committed, as the client has to hear it (zeo-protocol.md §10, §11).
 */
final class VoteReplies {
  private static final String MODIFIED_LATER = "Some data were modified by a later transaction";

  private VoteReplies() {}

  /** A client that is sent more staged data than this had better run its transaction again. */
  private static final long STAGED_BYTES_MAX = 4 << 20;

  /**
   * The conflicts that the client may resolve by merging: one map for each store; null if something
   * else is in the way.
   *
   * @param staged reads data that was staged, null if it is not here
   */
  static @Nullable List<@Nullable Object> resolvable(
      TransactionOutcome outcome,
      TransactionBuffer buffer,
      Function<StagedData, @Nullable Bytes> staged) {
    long stagedBytes = 0;
    if (!(outcome instanceof Conflict conflict)) {
      return null;
    }
    List<@Nullable Object> maps = new ArrayList<>(conflict.conflicts().size());
    for (ObjectConflict each : conflict.conflicts()) {
      Write write = buffer.write(each.oid());
      if (each.kind() != Kind.WRITE || write == null) {
        return null;
      }
      stagedBytes += write.staged() == null ? 0 : write.dataBytes();
      @Nullable Bytes data = stagedBytes > STAGED_BYTES_MAX ? null : data(write, staged);
      if (data == null) {
        return null;
      }
      Map<Object, @Nullable Object> map = new LinkedHashMap<>();
      map.put("oid", Wire.bytes(each.oid()));
      map.put(
          "serials", Wire.tuple(Wire.bytes(each.serialCurrent()), Wire.bytes(each.serialRead())));
      map.put("data", data);
      maps.add(map);
    }
    return maps;
  }

  private static @Nullable Bytes data(Write write, Function<StagedData, @Nullable Bytes> staged) {
    StagedData place = write.staged();
    return place == null ? write.data() : staged.apply(place);
  }

  /** The newest revision that stands in the way, {@link Tid#NONE} if none does. */
  static Tid newestSerial(TransactionOutcome outcome) {
    if (outcome instanceof Conflict conflict) {
      return conflict.conflicts().stream()
          .map(ObjectConflict::serialCurrent)
          .max(Tid::compareTo)
          .orElse(Tid.NONE);
    }
    if (outcome instanceof UndoConflict conflict) {
      return conflict.obstacles().stream()
          .map(obstacle -> obstacle.current())
          .max(Tid::compareTo)
          .orElse(Tid.NONE);
    }
    return Tid.NONE;
  }

  /** The error for an outcome that is not committed and not to be resolved. */
  static ZeoError error(
      TransactionOutcome outcome, TransactionBuffer buffer, StorageSession session) {
    if (outcome instanceof Conflict conflict) {
      return error(conflict);
    }
    if (outcome instanceof UndoConflict conflict) {
      return ZeoError.undo(
          conflict.obstacles().stream()
              .map(each -> new UndoFailure(Wire.bytes(each.oid()), MODIFIED_LATER))
              .toList());
    }
    if (outcome instanceof Rejected rejected) {
      return error(rejected, buffer, session);
    }
    return ZeoError.transaction("the transaction was given up");
  }

  /** What can't be resolved first: the client must not be led to merge in vain. */
  private static ZeoError error(Conflict conflict) {
    for (ObjectConflict each : conflict.conflicts()) {
      if (each.kind() == Kind.READ) {
        return each.serialCurrent().isNone()
            ? ZeoError.noSuchObject(each.oid())
            : ZeoError.readConflict(each);
      }
    }
    return ZeoError.conflict(
        conflict.conflicts().stream()
            .filter(each -> each.kind() == Kind.DELETE)
            .findFirst()
            .orElse(conflict.conflicts().get(0)));
  }

  private static ZeoError error(
      Rejected rejected, TransactionBuffer buffer, StorageSession session) {
    boolean undoes = !buffer.undos().isEmpty();
    return switch (rejected.reason()) {
      case UNKNOWN_OBJECT -> ZeoError.noSuchObject(missing(buffer, session));
      case UNKNOWN_TRANSACTION, INVALID_TRANSACTION ->
          undoes
              ? unknownUndo(Values.undoId(buffer.undos().get(0)), rejected.message())
              : ZeoError.transaction(rejected.message());
      case UNKNOWN_STORAGE,
          TID_NOT_GREATER,
          OIDS_EXHAUSTED,
          STAGING_FULL,
          STAGING_LOST,
          QUOTA_EXCEEDED ->
          ZeoError.transaction(rejected.message());
    };
  }

  /** The error for a vote without an outcome. One that another node refuses comes as a failure. */
  static Throwable failure(Throwable failure, TransactionBuffer buffer, StorageSession session) {
    if (FailureCause.of(failure) instanceof RequestRefusedException refused) {
      boolean refusesUndo =
          !buffer.undos().isEmpty()
              && (refused.reason() == Reason.INVALID_ARGUMENT
                  || refused.reason() == Reason.UNKNOWN_TRANSACTION);
      if (refusesUndo) {
        return unknownUndo(
            Values.undoId(buffer.undos().get(0)), String.valueOf(refused.getMessage()));
      }
      if (refused.reason() == Reason.UNKNOWN_OBJECT) {
        return ZeoError.noSuchObject(missing(buffer, session));
      }
    }
    return LeaderFailures.translate(failure);
  }

  static ZeoError unknownUndo(Bytes undoId, String reason) {
    return ZeoError.undo(List.of(new UndoFailure(undoId, reason)));
  }

  /** The object that was to be deleted and was never stored. */
  private static Oid missing(TransactionBuffer buffer, StorageSession session) {
    List<Delete> deletes = buffer.deletes();
    for (Delete delete : deletes) {
      if (session.at(session.applied().lastTid()).serialBefore(delete.oid(), Tid.MAX)
              instanceof Missing missing
          && missing.why() == Why.UNKNOWN) {
        return delete.oid();
      }
    }
    return deletes.isEmpty() ? Oid.ROOT : deletes.get(0).oid();
  }
}
