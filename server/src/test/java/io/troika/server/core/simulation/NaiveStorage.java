package io.troika.server.core.simulation;

import static io.troika.server.core.simulation.NaiveGroup.rejected;
import static java.util.Objects.requireNonNull;

import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Conflict;
import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.command.Outcome.ObjectConflict.Kind;
import io.troika.server.core.command.Outcome.OidsAllocated;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.command.Outcome.UndoConflict;
import io.troika.server.core.command.Outcome.UndoObstacle;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One storage of the naive model: a list of transactions with the content that each gave its
 * objects; an empty content is an absent object. Shared data does not exist here.
 */
final class NaiveStorage {
  private static final BigInteger OID_MAX = new BigInteger("ffffffffffffffff", 16);

  final StorageId id;
  final String name;
  final List<Transaction> transactions = new ArrayList<>();
  private final UUID uuid;
  private BigInteger nextOid = BigInteger.ZERO;

  /** What an object became. {@code own}: the data came with this transaction. */
  record Content(Optional<Bytes> data, boolean own) {}

  record Transaction(
      long tid, char status, TransactionMetadata metadata, Map<Oid, Content> contents) {
    Optional<Bytes> data(Oid oid) {
      return requireNonNull(contents.get(oid)).data();
    }
  }

  NaiveStorage(StorageId id, String name, UUID uuid) {
    this.id = id;
    this.name = name;
    this.uuid = uuid;
  }

  NaiveStorage copy() {
    NaiveStorage copy = new NaiveStorage(id, name, uuid);
    copy.transactions.addAll(transactions);
    copy.nextOid = nextOid;
    return copy;
  }

  long lastTid() {
    return transactions.isEmpty() ? 0 : transactions.get(transactions.size() - 1).tid();
  }

  /** The newest transaction before a tid that has the object, or null. */
  @Nullable Transaction newestBefore(Oid oid, long before) {
    Transaction newest = null;
    for (Transaction transaction : transactions) {
      if (transaction.tid() < before && transaction.contents().containsKey(oid)) {
        newest = transaction;
      }
    }
    return newest;
  }

  private long serial(Oid oid) {
    Transaction newest = newestBefore(oid, Long.MAX_VALUE);
    return newest == null ? 0 : newest.tid();
  }

  private Optional<Bytes> contentBefore(Oid oid, long before) {
    Transaction newest = newestBefore(oid, before);
    return newest == null ? Optional.empty() : newest.data(oid);
  }

  Outcome allocate(int count) {
    BigInteger first = nextOid;
    if (first.add(BigInteger.valueOf(count)).compareTo(OID_MAX) > 0) {
      return rejected(Reason.OIDS_EXHAUSTED);
    }
    nextOid = first.add(BigInteger.valueOf(count));
    return new OidsAllocated(new Oid(first.longValue()), count);
  }

  TransactionOutcome commit(CommitTransaction command) {
    Set<Oid> changed = new HashSet<>();
    boolean twice = false;
    boolean unknown = false;
    // In the order of the command: the first mistake is the one that is told.
    for (Write write : command.writes()) {
      twice |= !unknown && !changed.add(write.oid());
    }
    for (Delete delete : command.deletes()) {
      boolean second = !changed.add(delete.oid());
      twice |= !unknown && second;
      unknown |= !twice && !second && serial(delete.oid()) == 0;
    }
    if (unknown) {
      return rejected(Reason.UNKNOWN_OBJECT);
    }
    if (twice) {
      return rejected(Reason.INVALID_TRANSACTION);
    }
    List<ObjectConflict> conflicts = conflicts(command);
    if (!conflicts.isEmpty()) {
      return new Conflict(conflicts);
    }
    Map<Oid, Content> contents = new TreeMap<>();
    for (Write write : command.writes()) {
      contents.put(write.oid(), new Content(Optional.ofNullable(write.data()), true));
    }
    for (Delete delete : command.deletes()) {
      contents.put(delete.oid(), new Content(Optional.empty(), false));
    }
    TransactionOutcome refusal = undo(command.undos(), contents);
    if (refusal != null) {
      return refusal;
    }
    long tid = Math.max(command.candidate().value(), lastTid() + 1);
    add(new Transaction(tid, ' ', command.metadata(), contents));
    return new Committed(new Tid(tid));
  }

  private List<ObjectConflict> conflicts(CommitTransaction command) {
    List<ObjectConflict> conflicts = new ArrayList<>();
    for (ReadCheck read : command.reads()) {
      boolean exists = contentBefore(read.oid(), Long.MAX_VALUE).isPresent();
      boolean ok = read.serial().isNone() ? !exists : serial(read.oid()) == read.serial().value();
      if (!ok) {
        conflicts.add(conflict(Kind.READ, read.oid(), read.serial()));
      }
    }
    for (Write write : command.writes()) {
      if (serial(write.oid()) != 0 && serial(write.oid()) != write.serial().value()) {
        conflicts.add(conflict(Kind.WRITE, write.oid(), write.serial()));
      }
    }
    for (Delete delete : command.deletes()) {
      if (serial(delete.oid()) != delete.serial().value()) {
        conflicts.add(conflict(Kind.DELETE, delete.oid(), delete.serial()));
      }
    }
    return conflicts.stream()
        .distinct()
        .sorted(
            Comparator.<ObjectConflict, String>comparing(c -> unsigned(c.oid()))
                .thenComparing(ObjectConflict::kind)
                .thenComparing(c -> c.serialRead().value()))
        .toList();
  }

  private ObjectConflict conflict(Kind kind, Oid oid, Tid read) {
    return new ObjectConflict(kind, oid, read, new Tid(serial(oid)));
  }

  private @Nullable TransactionOutcome undo(List<Tid> undos, Map<Oid, Content> contents) {
    List<UndoObstacle> obstacles = new ArrayList<>();
    for (Tid undone : undos) {
      Optional<Transaction> found =
          transactions.stream().filter(each -> each.tid() == undone.value()).findFirst();
      if (found.isEmpty()) {
        return rejected(Reason.UNKNOWN_TRANSACTION);
      }
      if (found.get().status() != ' ') {
        return rejected(Reason.INVALID_TRANSACTION);
      }
      found
          .get()
          .contents()
          .forEach(
              (oid, content) -> {
                Optional<Bytes> current =
                    contents.containsKey(oid)
                        ? requireNonNull(contents.get(oid)).data()
                        : contentBefore(oid, Long.MAX_VALUE);
                if (current.equals(content.data())) {
                  contents.put(oid, new Content(contentBefore(oid, undone.value()), false));
                } else {
                  obstacles.add(new UndoObstacle(oid, undone, new Tid(serial(oid))));
                }
              });
    }
    return obstacles.isEmpty()
        ? null
        : new UndoConflict(
            obstacles.stream()
                .distinct()
                .sorted(
                    Comparator.<UndoObstacle, String>comparing(o -> unsigned(o.oid()))
                        .thenComparing(o -> o.undone().value()))
                .toList());
  }

  TransactionOutcome restore(RestoreTransactions command) {
    int before = transactions.size();
    BigInteger nextOidBefore = nextOid;
    TransactionOutcome outcome = rejected(Reason.INVALID_TRANSACTION);
    for (RestoredTransaction transaction : command.transactions()) {
      outcome = restore(transaction);
      if (outcome instanceof Rejected) {
        transactions.subList(before, transactions.size()).clear();
        nextOid = nextOidBefore;
        break;
      }
    }
    return outcome;
  }

  private TransactionOutcome restore(RestoredTransaction command) {
    if (command.tid().value() <= lastTid()) {
      return rejected(Reason.TID_NOT_GREATER);
    }
    Map<Oid, Content> contents = new TreeMap<>();
    for (RestoredRevision revision : command.revisions()) {
      Optional<Bytes> data = Optional.ofNullable(revision.data());
      Tid from = revision.dataTid();
      if (from != null) {
        Transaction origin = newestBefore(revision.oid(), from.value() + 1);
        if (origin == null || origin.tid() != from.value()) {
          return rejected(Reason.INVALID_TRANSACTION);
        }
        data = origin.data(revision.oid());
      }
      if (contents.put(revision.oid(), new Content(data, from == null)) != null) {
        return rejected(Reason.INVALID_TRANSACTION);
      }
    }
    add(new Transaction(command.tid().value(), command.status(), command.metadata(), contents));
    return new Committed(command.tid());
  }

  private void add(Transaction transaction) {
    transactions.add(transaction);
    for (Oid oid : transaction.contents().keySet()) {
      BigInteger above = new BigInteger(unsigned(oid), 16).add(BigInteger.ONE);
      nextOid = nextOid.max(above.min(OID_MAX));
    }
  }

  StorageState state() {
    Set<Oid> oids = new HashSet<>();
    long bytes = 0;
    for (Transaction transaction : transactions) {
      oids.addAll(transaction.contents().keySet());
      for (Content content : transaction.contents().values()) {
        bytes += content.own() ? content.data().map(Bytes::size).orElse(0) : 0;
      }
    }
    long objects = 0;
    for (Oid oid : oids) {
      objects += contentBefore(oid, Long.MAX_VALUE).isPresent() ? 1 : 0;
    }
    return new StorageState(
        id,
        name,
        uuid,
        1,
        new Tid(lastTid()),
        new Oid(nextOid.longValue()),
        Tid.NONE,
        objects,
        transactions.size(),
        bytes);
  }

  private static String unsigned(Oid oid) {
    return String.format(Locale.ROOT, "%016x", oid.value());
  }
}
