package io.troika.it.workload;

import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.Tid;
import io.troika.client.TransactionQuery;
import io.troika.client.TransactionRecord;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Which transactions changed which object, as the cluster itself has it. */
public final class RevisionLog {
  private final Map<Oid, NavigableSet<Long>> serials = new HashMap<>();

  private RevisionLog() {}

  static RevisionLog read(ObjectStore store) {
    RevisionLog log = new RevisionLog();
    try (Stream<TransactionRecord> all =
        store.transactions(TransactionQuery.after(Tid.NONE).withObjects())) {
      all.forEach(
          transaction -> {
            for (Oid oid : transaction.oids()) {
              log.serials
                  .computeIfAbsent(oid, key -> new TreeSet<>())
                  .add(transaction.tid().value());
            }
          });
    }
    return log;
  }

  /** The serial of the revision that a view at that tid sees, or 0 if it sees none. */
  long serialAt(Oid oid, long tid) {
    NavigableSet<Long> all = serials.get(oid);
    Long serial = all == null ? null : all.floor(tid);
    return serial == null ? 0 : serial;
  }
}
