package io.troika.server.log;

import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.StagedData;
import java.util.List;
import java.util.Objects;

/**
 * What a transaction says of data that was staged ahead of it.
 *
 * <pre>{@code
 * stages  n * reference as BlobCodec writes it, n from 1 unless said otherwise
 * place   number of the stage 1, offset 8, length 4
 * }</pre>
 */
final class StagesCodec {
  static final int PLACE_BYTES = 1 + Long.BYTES + Integer.BYTES;

  private StagesCodec() {}

  static long size(List<BlobReference> stages) {
    return Integer.BYTES + (long) BlobCodec.REFERENCE_BYTES * stages.size();
  }

  static void write(ByteWriter writer, List<BlobReference> stages) {
    writer.i32(stages.size());
    stages.forEach(stage -> BlobCodec.write(writer, stage));
  }

  static void write(ByteWriter writer, List<BlobReference> stages, StagedData data) {
    writer.u8(stages.indexOf(Objects.requireNonNull(data.in(stages))));
    writer.i64(data.offset()).i32(data.length());
  }

  static List<BlobReference> read(ByteReader body) {
    return body.list(BlobCodec.REFERENCE_BYTES, () -> BlobCodec.readReference(body));
  }

  static StagedData read(ByteReader body, List<BlobReference> stages) {
    int number = body.u8();
    if (number >= stages.size()) {
      throw body.corrupt("stage " + number + " of " + stages.size());
    }
    BlobReference stage = stages.get(number);
    return new StagedData(stage.id(), stage.chunkBytes(), body.i64(), body.i32());
  }
}
