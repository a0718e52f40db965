package io.troika.server.front.zeo;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.front.zeo.wire.ZeoMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads what one connection was sent, in order, against what the storage holds in the end: the
 * order rules of zeo-protocol.md §8, written down once more and without a look at the code under
 * test.
 */
final class StreamChecker {
  /** What a call was, by its id; calls of other kinds are left out. */
  record Asked(Kind kind, @Nullable Oid oid) {
    enum Kind {
      REGISTER,
      LOAD_CURRENT,
      FINISH,
      LAST_TRANSACTION,
      INVALIDATIONS
    }
  }

  private final RevisionReader reader;
  private final StorageId storage;
  private final Map<Long, Asked> asked;
  private final List<String> violations = new ArrayList<>();
  private Tid position = Tid.NONE;

  StreamChecker(RevisionReader reader, StorageId storage, Map<Long, Asked> asked) {
    this.reader = reader;
    this.storage = storage;
    this.asked = asked;
  }

  /** What is wrong, in words; empty if nothing is. */
  List<String> check(List<ZeoMessage> sent) {
    for (ZeoMessage message : sent) {
      if (message.method().equals("invalidateTransaction")) {
        List<?> args = (List<?>) Objects.requireNonNull(message.args());
        advance("invalidation", FakeClient.tid(args.get(0)));
        invalidated((List<?>) Objects.requireNonNull(args.get(1)));
      } else if (message.flag() == ZeoMessage.Flag.RESULT) {
        Asked call = asked.get(message.id());
        if (call != null) {
          answered(call, message.args());
        }
      }
    }
    return violations;
  }

  private void answered(Asked call, @Nullable Object result) {
    switch (call.kind()) {
      case REGISTER -> position = FakeClient.tid(result);
      case FINISH -> advance("finish", FakeClient.tid(result));
      case LAST_TRANSACTION -> at("lastTransaction", FakeClient.tid(result));
      case INVALIDATIONS ->
          at("getInvalidations", FakeClient.tid(((List<?>) Objects.requireNonNull(result)).get(0)));
      case LOAD_CURRENT ->
          loaded(Objects.requireNonNull(call.oid()), (List<?>) Objects.requireNonNull(result));
    }
  }

  /** Every transaction in its turn, none twice, none left out. */
  private void advance(String what, Tid tid) {
    List<TransactionRecord> next = reader.transactions(storage, position, Tid.MAX, 1);
    if (next.isEmpty() || !next.get(0).tid().equals(tid)) {
      violations.add("%s of %s at position %s".formatted(what, tid, position));
    }
    position = tid;
  }

  private void invalidated(List<?> oids) {
    TransactionRecord transaction =
        Objects.requireNonNull(reader.transaction(storage, position), "no such transaction");
    List<Bytes> expected =
        transaction.oids().stream().map(oid -> FakeClient.oid(oid.value())).toList();
    if (!oids.equals(expected)) {
      violations.add("objects of %s: %s".formatted(position, oids));
    }
  }

  private void at(String what, Tid tid) {
    if (!tid.equals(position)) {
      violations.add("%s said %s at position %s".formatted(what, tid, position));
    }
  }

  /** What was current as of the position, and nothing that came later. */
  private void loaded(Oid oid, List<?> result) {
    StoredRevision expected =
        Objects.requireNonNull(
            reader.newestBefore(storage, oid, new Tid(position.value() + 1)), "no such object");
    Tid start = FakeClient.tid(result.get(1));
    if (!start.equals(expected.tid())
        || result.get(2) != null
        || !Objects.equals(result.get(0), expected.data())) {
      violations.add(
          "load of %s at position %s: %s to %s, expected %s"
              .formatted(oid, position, start, result.get(2), expected.tid()));
    }
  }
}
