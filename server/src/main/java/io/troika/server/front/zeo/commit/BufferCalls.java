package io.troika.server.front.zeo.commit;

import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.commit.TransactionBuffer.Restored;
import io.troika.server.front.zeo.session.Call;
import io.troika.server.front.zeo.session.ZeoError;
import io.troika.server.front.zeo.wire.Wire;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a client sends of its transaction before the vote (zeo-protocol.md §6.3). Nothing is looked
 * at yet, and nobody waits for an answer: a call out of turn ends the connection.
 */
public final class BufferCalls {
  private final CommitCalls commits;

  public BufferCalls(CommitCalls commits) {
    this.commits = commits;
  }

  /** {@code storea(oid, serial, data, txn)}. */
  public void store(Call call) {
    Oid oid = call.args().oid(0, "oid");
    Tid serial = storedFrom(call);
    commits.session().statistics().stores.increment();
    if (call.args().value(2) instanceof Bytes data) {
      Write write = new Write(oid, serial, data);
      buffer(call, 3, buffer -> buffer.store(write));
    } else {
      // A mistake of the program: told at the vote. A client that was cut off would begin anew.
      String found = Wire.describe(call.args().value(2));
      buffer(
          call,
          3,
          buffer ->
              buffer.refuse("data of oid %s: expected bytes, found %s".formatted(oid, found)));
    }
  }

  /**
   * The serial of what the client changed. For a new object some programs send nil, some a text:
   * nothing that a revision could have, so it can only be right if there is none.
   */
  static Tid storedFrom(Call call) {
    boolean isNone = call.args().isNone(1) || call.args().value(1) instanceof String;
    return isNone ? Tid.NONE : call.args().tid(1, "serial");
  }

  /** {@code checkCurrentSerialInTransaction(oid, serial, txn)}. */
  public void checkCurrentSerial(Call call) {
    ReadCheck check = new ReadCheck(call.args().oid(0, "oid"), call.args().tid(1, "serial"));
    buffer(call, 2, buffer -> buffer.check(check));
  }

  /** {@code deleteObject(oid, serial, txn)}. */
  public void deleteObject(Call call) {
    Delete delete = new Delete(call.args().oid(0, "oid"), call.args().tid(1, "serial"));
    buffer(call, 2, buffer -> buffer.delete(delete));
  }

  /** {@code restorea(oid, serial, data or nil, prev_txn or nil, txn)}. */
  public void restore(Call call) {
    Tid serial = call.args().tid(1, "serial");
    Restored restored =
        new Restored(
            call.args().oid(0, "oid"),
            call.args().optionalBytes(2, "data"),
            call.args().optionalTid(3, "prev_txn"));
    buffer(
        call,
        4,
        buffer -> {
          buffer.restore(restored);
          buffer.requireTid(serial);
        });
  }

  /** {@code undoa(undo id, txn)}. */
  public void undo(Call call) {
    // As text it names nothing; a client that was cut off for that would begin anew.
    @Nullable String text = call.args().value(0) instanceof String found ? found : null;
    Bytes undoId = text == null ? call.args().bytes(0, "undo id") : Bytes.utf8(text);
    buffer(
        call,
        1,
        buffer -> {
          Tid undone = text == null ? tid(undoId) : null;
          if (undone == null) {
            buffer.undoUnknown(undoId);
          } else {
            buffer.undo(undone);
          }
        });
  }

  /** The tid that an undo id names, or null if it names none. */
  private static @Nullable Tid tid(Bytes undoId) {
    try {
      byte[] tid = Base64.getDecoder().decode(undoId.toUtf8().strip());
      long value = tid.length == Long.BYTES ? ByteBuffer.wrap(tid).getLong() : -1;
      return value > 0 ? new Tid(value) : null;
    } catch (IllegalArgumentException e) {
      return null; // not base64, so nothing that we ever named
    }
  }

  private void buffer(Call call, int nameIndex, Consumer<TransactionBuffer> operation) {
    commits.session().requireWritable();
    if (!commits.buffer(call.args().value(nameIndex), operation)) {
      throw ZeoError.transaction(
          "transaction %s is not open on this connection".formatted(call.args().value(nameIndex)));
    }
    call.answer(null);
  }
}
