package io.troika.client;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.concurrent.CompletableFuture;

/**
 * One transaction over several storages: what it changes in them is committed in all or in none, at
 * one tid, in one entry of the cluster's log, and becomes visible in all of them at once. See
 * {@link TroikaClient#run}.
 *
 * <p>In each storage it reads one view, opened when it is first needed there. The views of two
 * storages are of two moments: what another transaction did in both may show in the one that was
 * opened later, and not in the other. {@link TransactionPart#readCurrent} in each makes the commit
 * conflict then.
 *
 * <p>For one thread at a time; ends as a {@link Transaction} does.
 */
public interface JointTransaction extends AutoCloseable {

  /**
   * What this transaction does in one storage; the same part each time. At most 16 storages can be
   * changed or checked.
   *
   * @param store of the client that began this transaction
   * @throws IllegalArgumentException if it is of another one
   */
  TransactionPart in(ObjectStore store);

  /**
   * Commits in all storages, otherwise as {@link Transaction#commit}. Limits of size are for all
   * storages together.
   *
   * @return the tid, the same in each storage that was changed; {@link Tid#NONE} when nothing was
   *     changed, and what was read needed no check
   * @throws ConflictException names the storage of each object
   * @throws TroikaException as {@link Transaction#commit}
   */
  @CanIgnoreReturnValue
  Tid commit();

  /** As {@link #commit}. Cancelling the future neither stops nor undoes the commit. */
  CompletableFuture<Tid> commitAsync();

  /** As {@link Transaction#abort}, in all storages. */
  void abort();

  /** {@link #abort}, unless it is committed or being committed. */
  @Override
  void close();
}
