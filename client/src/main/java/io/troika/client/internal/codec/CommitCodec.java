package io.troika.client.internal.codec;

import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.Delete;
import io.troika.api.v1.HistoryId;
import io.troika.api.v1.ReadCheck;
import io.troika.api.v1.StagedBlob;
import io.troika.api.v1.StagedData;
import io.troika.api.v1.Write;
import io.troika.client.Bytes;
import io.troika.client.Oid;
import io.troika.client.Tid;
import io.troika.client.TransactionId;
import io.troika.client.TransactionMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A transaction as the messages that commit it. */
public final class CommitCodec {
  /** What is sent in one message; the protocol's limit is 4 MiB. */
  public static final int MESSAGE_BYTES_MAX = 3 << 20;

  /** What one operation costs beside its data, at most. */
  private static final int OPERATION_BYTES = 96;

  private CommitCodec() {}

  /**
   * All that a commit says.
   *
   * @param reads the serial at which each object must still be
   * @param deletes the serial of each object to delete
   * @param undos newest first
   */
  public record Content(
      String storage,
      TransactionMetadata metadata,
      Map<Oid, Tid> reads,
      Map<Oid, WrittenObject> writes,
      Map<Oid, Tid> deletes,
      List<Tid> undos) {

    /** All data of it, without that of blobs. */
    public List<Bytes> data() {
      return writes.values().stream().map(WrittenObject::data).toList();
    }

    /** Whether a blob comes with what it writes. */
    public boolean hasBlobs() {
      return writes.values().stream().anyMatch(each -> each.blob() != null);
    }

    /** Whether it checks reads, and changes nothing. */
    public boolean onlyChecks() {
      return writes.isEmpty() && deletes.isEmpty() && undos.isEmpty();
    }

    /** The same with other writes. */
    public Content withWrites(Map<Oid, WrittenObject> merged) {
      return new Content(storage, metadata, reads, merged, deletes, undos);
    }
  }

  /**
   * An object as it shall be.
   *
   * @param serial the revision that the writer started from; none for a new object
   * @param blob the blob that comes with it, staged for this transaction; null: none
   */
  public record WrittenObject(Tid serial, Bytes data, @Nullable StagedBlob blob) {
    /** Without a blob. */
    public WrittenObject(Tid serial, Bytes data) {
      this(serial, data, null);
    }
  }

  /**
   * What a transaction does in one of its storages.
   *
   * @param history in which it was begun there, if that is known
   * @param staged what was sent ahead
   */
  public record Share(Content content, Optional<HistoryId> history, StagedRecords staged) {}

  /**
   * The messages, in the order to send them: one if it fits in {@link #MESSAGE_BYTES_MAX}, else
   * several that are each below it, but for a single object that is larger.
   *
   * @param conflictData whether conflicts should bring along what is committed now
   */
  public static List<CommitRequest> requests(TransactionId id, Share only, boolean conflictData) {
    return requests(id, List.of(only), conflictData);
  }

  /**
   * The messages of a transaction over several storages, each of which begins in a message of its
   * own; otherwise as the other. They have the same metadata.
   */
  public static List<CommitRequest> requests(
      TransactionId id, List<Share> shares, boolean conflictData) {
    List<CommitRequest> all = new ArrayList<>();
    for (Share share : shares) {
      Parts parts = new Parts();
      if (all.isEmpty()) {
        parts.begin(id, share.content(), conflictData);
      }
      all.addAll(parts.of(share));
    }
    return all;
  }

  private static ReadCheck read(Oid oid, Tid serial) {
    return ReadCheck.newBuilder().setOid(oid.value()).setSerial(serial.value()).build();
  }

  private static Delete delete(Oid oid, Tid serial) {
    return Delete.newBuilder().setOid(oid.value()).setSerial(serial.value()).build();
  }

  private static Write write(Oid oid, WrittenObject written, @Nullable StagedData place) {
    Write.Builder message =
        Write.newBuilder().setOid(oid.value()).setSerial(written.serial().value());
    if (place == null) {
      message.setData(ValueCodec.bytes(written.data()));
    } else {
      message.setStaged(place);
    }
    StagedBlob blob = written.blob();
    return blob == null ? message.build() : message.setBlob(blob).build();
  }

  private static final class Parts {
    private final List<CommitRequest> done = new ArrayList<>();
    private CommitRequest.Builder builder = CommitRequest.newBuilder();
    private long builderBytes;

    /** The message that takes the next operation. */
    CommitRequest.Builder room(int dataBytes) {
      long size = OPERATION_BYTES + (long) dataBytes;
      if (builderBytes > 0 && builderBytes + size > MESSAGE_BYTES_MAX) {
        done.add(builder.build());
        builder = CommitRequest.newBuilder();
        builderBytes = 0;
      }
      builderBytes += size;
      return builder;
    }

    /** What the first message says of the whole transaction. */
    void begin(TransactionId id, Content content, boolean conflictData) {
      builder
          .setId(ValueCodec.transactionId(id))
          .setConflictData(conflictData)
          .setMetadata(ValueCodec.metadata(content.metadata()));
    }

    List<CommitRequest> of(Share share) {
      Content content = share.content();
      StagedRecords staged = share.staged();
      builder.setStorage(content.storage());
      if (!staged.isEmpty()) {
        builder.addStages(staged.stage());
      }
      share.history().ifPresent(builder::setHistory);
      content.undos().forEach(tid -> room(0).addUndos(tid.value()));
      content.reads().forEach((oid, serial) -> room(0).addReads(read(oid, serial)));
      content.deletes().forEach((oid, serial) -> room(0).addDeletes(delete(oid, serial)));
      content
          .writes()
          .forEach(
              (oid, written) -> {
                StagedData place = staged.placeOf(written.data());
                room(place == null ? written.data().size() : 0)
                    .addWrites(write(oid, written, place));
              });
      done.add(builder.build());
      return done;
    }
  }
}
