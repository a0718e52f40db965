package io.troika.server.storage.rocksdb;

import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The questions of {@link io.troika.server.core.BlobReader} as look-ups in an open database. */
final class BlobQueries {
  private final RocksDatabase database;
  private final StagedBlobs staged;

  BlobQueries(RocksDatabase database) {
    this.database = database;
    this.staged = new StagedBlobs(states(Family.STAGING, null, Integer.MAX_VALUE));
  }

  StagedBlobs staged() {
    return staged;
  }

  @Nullable BlobState blob(BlobKey key) {
    BlobState known = staged.of(key);
    if (known != null) {
      return known;
    }
    byte[] value = database.get(Family.BLOB_STATES, Keys.blob(key));
    return value == null ? null : Values.decodeBlob(key, value);
  }

  @Nullable Bytes chunk(BlobKey key, int chunk) {
    byte[] value = database.get(Family.BLOBS, Keys.blobChunk(key, chunk));
    return value == null ? null : Bytes.wrap(value);
  }

  List<BlobState> states(Family family, @Nullable BlobKey after, int limit) {
    List<BlobState> states = new ArrayList<>();
    if (limit <= 0) {
      return states;
    }
    try (Cursor cursor = database.cursor(family)) {
      boolean found = after == null ? cursor.seekToFirst() : seekAfter(cursor, Keys.blob(after));
      while (found) {
        states.add(Values.decodeBlob(Keys.blobOf(cursor.key()), cursor.value()));
        found = states.size() < limit && cursor.next();
      }
    }
    return states;
  }

  private static boolean seekAfter(Cursor cursor, byte[] key) {
    return cursor.seek(key) && (!Arrays.equals(cursor.key(), key) || cursor.next());
  }
}
