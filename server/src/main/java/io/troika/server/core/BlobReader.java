package io.troika.server.core;

import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Bytes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads blobs, staged ones too; safe as {@link RevisionReader} is. */
public interface BlobReader {

  /** The state of the blob, or null when there is no such blob. */
  @Nullable BlobState blob(BlobKey key);

  /**
   * One chunk, or null when it is not there (any longer).
   *
   * @param chunk counted from 0
   */
  @Nullable Bytes blobChunk(BlobKey key, int chunk);

  /**
   * All blobs that are staged, ascending by key: the core admits at most {@link
   * StagingCommands#STAGED_MAX}.
   */
  List<BlobState> stagedBlobs();

  /**
   * Blobs that revisions have, with a key {@code > after} (null: from the first), ascending, at
   * most {@code limit}.
   */
  List<BlobState> blobs(@Nullable BlobKey after, int limit);
}
