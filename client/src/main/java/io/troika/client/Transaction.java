package io.troika.client;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.concurrent.CompletableFuture;

/**
 * Reads of one view, and changes that are committed together or not at all. Changes stay here until
 * {@link #commit}; this transaction's reads see them. First committer wins: the commit conflicts if
 * an object that is written or deleted here was changed by a transaction that the view does not
 * see.
 *
 * <p>The read view is opened by the first call that needs it; a transaction that only creates
 * objects costs one round trip. For one thread at a time; ends with {@link #commit}, {@link #abort}
 * or {@link #close}, and does not survive a failed commit. After its end every call throws {@link
 * IllegalStateException}.
 */
public interface Transaction extends TransactionPart {

  /**
   * Commits, durably on a majority. Sent again under the same id until an answer comes or the
   * client's call time-out ends, through any change of leader; committed once however often it was
   * sent. Without any change nothing is sent.
   *
   * @return the tid of the transaction; of the view, when nothing was changed; {@link Tid#NONE}
   *     when nothing was read either
   * @throws ConflictException another transaction was first and no resolver could merge
   * @throws UndoConflictException objects were changed since the transaction to undo
   * @throws InvalidRequestException {@link TransactionTooLargeException}, {@link
   *     UnknownObjectException}, {@link UnknownTransactionException}, {@link BlobLostException} and
   *     others
   * @throws UnavailableException certainly not committed
   * @throws CommitOutcomeUnknownException neither answer nor outcome could be learned in time
   */
  @CanIgnoreReturnValue
  Tid commit();

  /** As {@link #commit}. Cancelling the future neither stops nor undoes the commit. */
  CompletableFuture<Tid> commitAsync();

  /**
   * Ends the transaction; its changes are forgotten. Sends nothing, unless it has sent blobs: then
   * the cluster is told to let go of them, which is not waited for.
   */
  void abort();

  /** {@link #abort}, unless it is committed or being committed. */
  @Override
  void close();
}
