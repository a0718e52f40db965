package io.troika.server.front.grpc;

import io.troika.api.v1.LeaderHint;
import io.troika.api.v1.LoadedObject;
import io.troika.api.v1.MemberAddress;
import io.troika.api.v1.ObjectConflict;
import io.troika.api.v1.TransactionId;
import io.troika.api.v1.TransactionMetadata;
import io.troika.api.v1.TransactionRecord;
import io.troika.api.v1.UndoObstacle;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Revision;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.mvcc.LoadResult;
import io.troika.server.core.mvcc.LoadResult.Found;
import io.troika.server.core.mvcc.LoadResult.Missing;
import io.troika.server.core.mvcc.SerialResult;
import io.troika.server.core.mvcc.SerialResult.Seen;
import io.troika.server.messages.ByteStrings;
import io.troika.server.service.ports.GroupMembers;
import io.troika.server.service.ports.Leadership;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Model to messages. Bytes are shared, not copied: ours never change. */
final class ToProto {
  private ToProto() {}

  static TransactionId transactionId(io.troika.server.core.model.TransactionId id) {
    return TransactionId.newBuilder()
        .setClientHigh(id.client().getMostSignificantBits())
        .setClientLow(id.client().getLeastSignificantBits())
        .setSequence(id.sequence())
        .build();
  }

  static TransactionMetadata metadata(io.troika.server.core.model.TransactionMetadata metadata) {
    return TransactionMetadata.newBuilder()
        .setUser(ByteStrings.of(metadata.user()))
        .setDescription(ByteStrings.of(metadata.description()))
        .setExtension(ByteStrings.of(metadata.extension()))
        .build();
  }

  /** A node that was elected just now sends nobody to itself before it can serve. */
  static LeaderHint leaderHint(Leadership leadership) {
    if (leadership.isStarting()) {
      return LeaderHint.newBuilder()
          .setTerm(leadership.term())
          .setGroup(leadership.group())
          .build();
    }
    return LeaderHint.newBuilder()
        .setTerm(leadership.term())
        .setNodeId(leadership.leader())
        .setClientAddress(leadership.leaderClientAddress())
        .setGroup(leadership.group())
        .build();
  }

  static MemberAddress member(GroupMembers.Address member) {
    return MemberAddress.newBuilder()
        .setNodeId(member.nodeId())
        .setClientAddress(member.client())
        .build();
  }

  static LoadedObject loaded(LoadResult result) {
    if (result instanceof Found found) {
      Revision revision = found.revision();
      return LoadedObject.newBuilder()
          .setOid(revision.oid().value())
          .setStatus(LoadedObject.Status.FOUND)
          .setTid(revision.tid().value())
          .setNextTid(revision.nextTid() == null ? 0 : revision.nextTid().value())
          .setData(ByteStrings.of(revision.data()))
          .build();
    }
    return missing((Missing) result);
  }

  static LoadedObject serial(SerialResult result) {
    if (result instanceof Seen seen) {
      return LoadedObject.newBuilder()
          .setOid(seen.oid().value())
          .setStatus(LoadedObject.Status.FOUND)
          .setTid(seen.tid().value())
          .build();
    }
    return missing((Missing) result);
  }

  private static LoadedObject missing(Missing missing) {
    LoadedObject.Status status =
        switch (missing.why()) {
          case UNKNOWN -> LoadedObject.Status.UNKNOWN;
          case NOT_YET -> LoadedObject.Status.NOT_YET;
          case ABSENT -> LoadedObject.Status.ABSENT;
          case PACKED -> LoadedObject.Status.GONE;
        };
    return LoadedObject.newBuilder().setOid(missing.oid().value()).setStatus(status).build();
  }

  /**
   * @param names of storages, asked for where the conflict tells its one
   */
  static ObjectConflict conflict(
      Outcome.ObjectConflict conflict,
      Function<StorageId, String> names,
      @Nullable Bytes currentData) {
    ObjectConflict.Kind kind =
        switch (conflict.kind()) {
          case READ -> ObjectConflict.Kind.READ;
          case WRITE -> ObjectConflict.Kind.WRITE;
          case DELETE -> ObjectConflict.Kind.DELETE;
        };
    ObjectConflict.Builder message =
        ObjectConflict.newBuilder()
            .setKind(kind)
            .setOid(conflict.oid().value())
            .setSerialRead(conflict.serialRead().value())
            .setSerialCurrent(conflict.serialCurrent().value());
    if (conflict.storage() != null) {
      message.setStorage(names.apply(conflict.storage()));
    }
    if (currentData != null) {
      message.setCurrentData(ByteStrings.of(currentData));
    }
    return message.build();
  }

  /** As {@link #conflict}. */
  static UndoObstacle undoObstacle(
      Outcome.UndoObstacle obstacle, Function<StorageId, String> names) {
    return UndoObstacle.newBuilder()
        .setStorage(obstacle.storage() == null ? "" : names.apply(obstacle.storage()))
        .setOid(obstacle.oid().value())
        .setUndone(obstacle.undone().value())
        .setCurrent(obstacle.current().value())
        .build();
  }

  static TransactionRecord transaction(
      io.troika.server.core.model.TransactionRecord transaction, boolean withOids) {
    TransactionRecord.Builder message =
        TransactionRecord.newBuilder()
            .setTid(transaction.tid().value())
            .setStatus(transaction.status())
            .setMetadata(metadata(transaction.metadata()))
            .setOidCount(transaction.oids().size())
            .setSizeBytes(transaction.sizeBytes())
            .setId(transactionId(transaction.id()));
    if (withOids) {
      for (Oid oid : transaction.oids()) {
        message.addOids(oid.value());
      }
    }
    return message.build();
  }
}
