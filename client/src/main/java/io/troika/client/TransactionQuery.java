package io.troika.client;

import static io.troika.client.internal.Checks.requireArgument;

/**
 * Which transactions {@link ObjectStore#transactions} answers.
 *
 * @param backwards newest first
 * @param bound exclusive: the tids after it, or with {@code backwards} before it
 * @param withOids tell the changed objects of each
 * @param pageSize how many to ask for at once, 1 to 1,000
 */
public record TransactionQuery(boolean backwards, Tid bound, boolean withOids, int pageSize) {
  /** The most transactions of one page. */
  public static final int PAGE_SIZE_MAX = 1_000;

  public TransactionQuery {
    requireArgument(
        pageSize >= 1 && pageSize <= PAGE_SIZE_MAX,
        "page size %s: expected 1 to %s",
        pageSize,
        PAGE_SIZE_MAX);
  }

  /** Oldest first, those after {@code tid}; {@link Tid#NONE}: all. */
  public static TransactionQuery after(Tid tid) {
    return new TransactionQuery(false, tid, false, PAGE_SIZE_MAX);
  }

  /** Newest first, as an undo log. */
  public static TransactionQuery newestFirst() {
    return before(Tid.MAX);
  }

  /** Newest first, those before {@code tid}. */
  public static TransactionQuery before(Tid tid) {
    return new TransactionQuery(true, tid, false, PAGE_SIZE_MAX);
  }

  /** The same, with the changed objects of each transaction. */
  public TransactionQuery withObjects() {
    return new TransactionQuery(backwards, bound, true, pageSize);
  }

  /** The same from there on, {@code bound} excluded. */
  public TransactionQuery from(Tid bound) {
    return new TransactionQuery(backwards, bound, withOids, pageSize);
  }

  /** The same with another page size, 1 to 1,000. */
  public TransactionQuery withPageSize(int pageSize) {
    return new TransactionQuery(backwards, bound, withOids, pageSize);
  }
}
