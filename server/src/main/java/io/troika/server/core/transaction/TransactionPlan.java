package io.troika.server.core.transaction;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The revisions that a transaction will write, at most one an object, in oid order. Grows while the
 * transaction is planned; a plan that is refused is thrown away.
 */
public final class TransactionPlan {
  private final Tid tid;
  private final Map<Oid, Change> changes = new HashMap<>();

  /** All of them by oid; null while that is not known. A tree would be sorted with each change. */
  private @Nullable List<Change> inOrder;

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
    inOrder = null;
  }

  /** In oid order. */
  public List<Change> changes() {
    List<Change> sorted = inOrder;
    if (sorted == null) {
      sorted =
          changes.values().stream()
              .sorted(Comparator.comparing(each -> each.revision().oid()))
              .toList();
      inOrder = sorted;
    }
    return sorted;
  }

  /**
   * One planned revision.
   *
   * @param existed whether the object exists before the transaction (known and not absent)
   */
  public record Change(StoredRevision revision, boolean existed) {}
}
