package io.troika.server.core;

import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Bytes;
import java.util.List;

/**
 * What a log entry changes of blobs.
 *
 * @param chunks new ones; no chunk is ever replaced
 * @param states whole new states, each blob once at most
 * @param removed blobs that go with all their chunks; none of them is among the others
 */
public record BlobChanges(List<NewChunk> chunks, List<BlobState> states, List<BlobKey> removed) {
  public static final BlobChanges NONE = new BlobChanges(List.of(), List.of(), List.of());

  public BlobChanges {
    chunks = List.copyOf(chunks);
    states = List.copyOf(states);
    removed = List.copyOf(removed);
  }

  /** A chunk, counted from 0. */
  public record NewChunk(BlobKey key, int chunk, Bytes data) {}
}
