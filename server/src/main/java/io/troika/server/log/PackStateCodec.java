package io.troika.server.log;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.PackState.Phase;
import io.troika.server.core.model.PackState.Removed;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;

/**
 * The state of a pack, as it stands in outcomes and on disk.
 *
 * <pre>{@code
 * storage 4, asked 8, horizon 8, garbage 1, phase 1: 1 revisions | 2 garbage | 3 transactions | 4 done,
 * oid 8, tid 8, removed: revisions 8, objects 8, transactions 8, bytes 8,
 * length 4, problem in UTF-8
 * }</pre>
 */
public final class PackStateCodec {
  private static final int FIXED_BYTES = Integer.BYTES + 2 + 8 * Long.BYTES;

  private PackStateCodec() {}

  public static int encodedSize(PackState state) {
    return FIXED_BYTES + ByteWriter.sizeOfBytes32(ByteWriter.text(state.problem()));
  }

  public static void write(ByteWriter writer, PackState state) {
    writer.storage(state.storage()).tid(state.asked()).tid(state.horizon());
    writer.u8(state.collectGarbage() ? 1 : 0).u8(code(state.phase()));
    writer.oid(state.oid()).tid(state.tid());
    Removed removed = state.removed();
    writer.i64(removed.revisions()).i64(removed.objects());
    writer.i64(removed.transactions()).i64(removed.bytes());
    writer.bytes32(ByteWriter.text(state.problem()));
  }

  public static PackState read(ByteReader reader) {
    StorageId storage = reader.storage();
    Tid asked = reader.tid();
    Tid horizon = reader.tid();
    int garbage = reader.u8();
    if (garbage > 1) {
      throw reader.corrupt("garbage is " + garbage + ", expected 0 or 1");
    }
    Phase phase = phase(reader);
    Oid oid = reader.oid();
    Tid tid = reader.tid();
    Removed removed = new Removed(reader.i64(), reader.i64(), reader.i64(), reader.i64());
    return new PackState(
        storage, asked, horizon, garbage == 1, phase, oid, tid, removed, reader.text());
  }

  private static int code(Phase phase) {
    return switch (phase) {
      case REVISIONS -> 1;
      case GARBAGE -> 2;
      case TRANSACTIONS -> 3;
      case DONE -> 4;
    };
  }

  private static Phase phase(ByteReader reader) {
    int code = reader.u8();
    return switch (code) {
      case 1 -> Phase.REVISIONS;
      case 2 -> Phase.GARBAGE;
      case 3 -> Phase.TRANSACTIONS;
      case 4 -> Phase.DONE;
      default -> throw reader.unknown("pack phase " + code);
    };
  }
}
