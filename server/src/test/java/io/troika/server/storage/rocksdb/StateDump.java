package io.troika.server.storage.rocksdb;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import java.util.ArrayList;
import java.util.List;

/** Everything that a reader can be asked, as lines: two stores with equal lines are equal. */
final class StateDump {
  private static final int NO_LIMIT = Integer.MAX_VALUE;

  private StateDump() {}

  static List<String> of(RevisionReader reader) {
    List<String> lines = new ArrayList<>();
    lines.add(reader.group().toString());
    lines.add(reader.access().toString());
    lines.add(reader.catalog().toString());
    for (StorageState state : reader.storages()) {
      lines.add(state.toString());
      dumpStorage(reader, state.id(), lines);
    }
    reader.stagedBlobs().forEach(blob -> dumpBlob(reader, blob, lines));
    reader.blobs(null, NO_LIMIT).forEach(blob -> dumpBlob(reader, blob, lines));
    reader.outcomes(null, NO_LIMIT).forEach(outcome -> lines.add("outcome " + outcome));
    reader
        .expiredOutcomes(Long.MAX_VALUE - 1, NO_LIMIT)
        .forEach(outcome -> lines.add("expiry " + outcome));
    return lines;
  }

  private static void dumpBlob(RevisionReader reader, BlobState blob, List<String> lines) {
    lines.add(blob + " " + blob.content().digest().hashCode());
    for (int chunk = 0; chunk <= blob.content().chunkCount(); chunk++) {
      Bytes data = reader.blobChunk(blob.key(), chunk);
      lines.add(chunk + " " + (data == null ? "none" : Integer.toHexString(data.hashCode())));
    }
  }

  private static void dumpStorage(RevisionReader reader, StorageId storage, List<String> lines) {
    for (Oid oid : reader.oids(storage, Oid.ROOT, NO_LIMIT)) {
      for (StoredRevision revision : reader.history(storage, oid, Tid.MAX, NO_LIMIT)) {
        int hash = revision.data() == null ? 0 : revision.data().hashCode();
        lines.add("%s %s data hash %x".formatted(storage, revision, hash));
      }
    }
    for (TransactionRecord transaction :
        reader.transactions(storage, Tid.NONE, Tid.MAX, NO_LIMIT)) {
      lines.add("%s %s".formatted(storage, transaction));
    }
  }
}
