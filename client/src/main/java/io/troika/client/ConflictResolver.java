package io.troika.client;

import java.util.Optional;

/**
 * Merges what two transactions made of one object, where the classes are: in the client. Asked when
 * a commit meets a conflict; if every object in conflict is merged, the transaction is committed
 * again with the merged bytes, under a new id. An object of {@link Transaction#readCurrent} or a
 * deleted one is never merged.
 *
 * <p>What it throws fails the commit and passes to the caller unchanged.
 *
 * <p>The source is ZODB's {@code _p_resolveConflict}. Called from several threads at once; should
 * be a function of its arguments only.
 */
@FunctionalInterface
public interface ConflictResolver {

  /**
   * The merged object, or empty if this resolver can't merge it: then the next resolver is asked,
   * and after the last the commit fails with {@link ConflictException}.
   */
  Optional<Bytes> resolve(Input input);

  /**
   * What there is to merge.
   *
   * @param storage the name of the storage
   * @param old the revision that the transaction started from
   * @param committed the revision that another transaction has committed since
   * @param mine what the transaction wanted to write
   */
  record Input(String storage, Revision old, Revision committed, Bytes mine) {
    /** The object. */
    public Oid oid() {
      return old.oid();
    }
  }
}
