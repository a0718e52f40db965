package io.troika.server.core.transaction;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import java.util.Collection;
import java.util.Collections;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The revisions that a transaction will write, at most one an object, in oid order. Grows while the
 * transaction is planned; a plan that is refused is thrown away.
 */
public final class TransactionPlan {
  private final Tid tid;
  private final NavigableMap<Oid, Change> changes = new TreeMap<>();

  /**
   * @param tid the tid that the transaction has once it is committed
   */
  public TransactionPlan(Tid tid) {
    this.tid = tid;
  }

  public Tid tid() {
    return tid;
  }

  /** What is planned for the object so far, or null. */
  public @Nullable Change change(Oid oid) {
    return changes.get(oid);
  }

  /** Plans a revision, in place of what was planned for its object before. */
  public void put(StoredRevision revision, boolean existed) {
    changes.put(revision.oid(), new Change(revision, existed));
  }

  /** In oid order. */
  public Collection<Change> changes() {
    return Collections.unmodifiableCollection(changes.values());
  }

  /**
   * One planned revision.
   *
   * @param existed whether the object exists before the transaction (known and not absent)
   */
  public record Change(StoredRevision revision, boolean existed) {}
}
