package io.troika.server.service.blobs;

import io.troika.server.core.command.Command.StageChunk;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.Bytes;

/**
 * Some bytes of a blob on their way to the log.
 *
 * @param blob names the transaction that is going to commit it
 * @param chunkBytes the size of all chunks of the blob but the last, at most 1 MiB
 * @param offset where in the blob it begins: a multiple of {@code chunkBytes}
 * @param data at most {@code chunkBytes}; fewer end the blob; none at 0 makes an empty blob
 */
public record BlobChunk(BlobId blob, int chunkBytes, long offset, Bytes data) {
  public BlobChunk {
    StageChunk.requireValid(chunkBytes, offset, data);
  }

  long end() {
    return offset + data.size();
  }
}
