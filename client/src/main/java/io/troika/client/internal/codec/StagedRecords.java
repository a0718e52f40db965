package io.troika.client.internal.codec;

import io.troika.api.v1.StagedBlob;
import io.troika.api.v1.StagedData;
import io.troika.client.Bytes;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Data of records that is sent ahead of its transaction, one after the other as one blob that no
 * object has; each record then says where its data is.
 */
public final class StagedRecords {
  /** All data goes with its transaction. */
  public static final StagedRecords NONE = new StagedRecords();

  /** Of the transaction; the blobs of objects count from 0. */
  public static final int PART = Integer.MAX_VALUE;

  /** Less is not worth a place elsewhere. */
  private static final int RECORD_BYTES_MIN = 64;

  private final List<Bytes> records = new ArrayList<>();
  private final IdentityHashMap<Bytes, Long> offsets = new IdentityHashMap<>();
  private long sizeBytes;
  private @Nullable StagedBlob stage;

  private StagedRecords() {}

  /** Of these, those that are worth it; nothing is sent yet. */
  public static StagedRecords of(Iterable<Bytes> all) {
    StagedRecords staged = new StagedRecords();
    all.forEach(staged::add);
    return staged;
  }

  private void add(Bytes data) {
    if (data.size() >= RECORD_BYTES_MIN && offsets.putIfAbsent(data, sizeBytes) == null) {
      records.add(data);
      sizeBytes += data.size();
    }
  }

  /** In the order in which they are sent. */
  public List<Bytes> records() {
    return records;
  }

  /** All of them together. */
  public long sizeBytes() {
    return sizeBytes;
  }

  /** All are sent, as this. */
  public void sent(StagedBlob blob) {
    stage = blob;
  }

  public boolean isEmpty() {
    return records.isEmpty();
  }

  /** What they were sent as. */
  StagedBlob stage() {
    return Objects.requireNonNull(stage, "not sent yet");
  }

  /** Where the data is; null if it is not among them. */
  @Nullable StagedData placeOf(Bytes data) {
    Long offset = offsets.get(data);
    return offset == null
        ? null
        : StagedData.newBuilder().setPart(PART).setOffset(offset).setLength(data.size()).build();
  }
}
