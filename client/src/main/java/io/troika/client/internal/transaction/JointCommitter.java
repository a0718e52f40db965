package io.troika.client.internal.transaction;

import io.troika.api.v1.HistoryId;
import io.troika.client.ConflictException;
import io.troika.client.HistoryReplacedException;
import io.troika.client.ObjectConflict;
import io.troika.client.Tid;
import io.troika.client.TransactionId;
import io.troika.client.internal.codec.CommitCodec;
import io.troika.client.internal.codec.CommitCodec.Content;
import io.troika.client.internal.codec.StagedRecords;
import io.troika.client.internal.codec.ValueCodec;
import io.troika.client.internal.connection.Cluster;
import io.troika.client.internal.connection.Rpc;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Commits one transaction over several storages; otherwise as {@link Committer}. If all that
 * conflicts can be merged, in each storage, the merged transaction is committed in its place.
 */
final class JointCommitter {
  private final Cluster cluster;
  private final Supplier<TransactionId> ids;

  /**
   * @param ids gives the id under which it is sent, a new one after each merge
   */
  JointCommitter(Cluster cluster, Supplier<TransactionId> ids) {
    this.cluster = cluster;
    this.ids = ids;
  }

  /** What is to be committed in one storage. */
  record Share(StoreParts parts, long history, Content content) {
    static Share of(BufferedPart part) {
      return new Share(part.parts(), part.history(), part.content());
    }

    private StagedCommit.Share ahead() {
      return new StagedCommit.Share(parts.calls(), content.data());
    }

    private Merger merger() {
      return parts.committer().merger();
    }

    /** The conflicts that are of this storage. */
    private List<ObjectConflict> of(ConflictException conflict) {
      return conflict.conflicts().stream()
          .filter(each -> each.storage().equals(Optional.of(parts.name())))
          .toList();
    }

    private boolean isMergeable(ConflictException conflict) {
      List<ObjectConflict> mine = of(conflict);
      return mine.isEmpty() || merger().isMergeable(mine, content);
    }

    private CompletableFuture<Optional<Share>> merge(ConflictException conflict) {
      List<ObjectConflict> mine = of(conflict);
      return mine.isEmpty()
          ? CompletableFuture.completedFuture(Optional.of(this))
          : merger()
              .merge(content, mine)
              .thenApply(merged -> merged.map(next -> new Share(parts, history, next)));
    }
  }

  CompletableFuture<Tid> commit(List<Share> shares) {
    return commit(shares, 0);
  }

  private CompletableFuture<Tid> commit(List<Share> shares, int merges) {
    List<Optional<HistoryId>> histories = new ArrayList<>(shares.size());
    try {
      for (Share share : shares) {
        histories.add(share.parts().views().nameOf(share.history()));
      }
    } catch (HistoryReplacedException e) {
      return CompletableFuture.failedFuture(e);
    }
    TransactionId id = ids.get();
    // All storages of a client have the same resolvers.
    boolean conflictData = shares.get(0).merger().isAble();
    CompletableFuture<Tid> committed =
        new StagedCommit(id, shares.stream().map(Share::ahead).toList())
            .commit(staged -> send(id, messages(shares, histories, staged), conflictData))
            .thenApply(
                tid -> {
                  for (int i = 0; i < shares.size(); i++) {
                    remember(shares.get(i), tid, histories.get(i).isPresent());
                  }
                  return tid;
                });
    return Merger.orMerged(
        committed,
        merges,
        conflict -> isMergeable(shares, conflict),
        conflict -> mergeAndCommit(shares, conflict, merges));
  }

  private static List<CommitCodec.Share> messages(
      List<Share> shares, List<Optional<HistoryId>> histories, List<StagedRecords> staged) {
    List<CommitCodec.Share> messages = new ArrayList<>(shares.size());
    for (int i = 0; i < shares.size(); i++) {
      messages.add(new CommitCodec.Share(shares.get(i).content(), histories.get(i), staged.get(i)));
    }
    return messages;
  }

  private CompletableFuture<Tid> send(
      TransactionId id, List<CommitCodec.Share> shares, boolean conflictData) {
    return cluster
        .call(
            Rpc.COMMIT_TOGETHER,
            CommitCodec.requests(id, shares, conflictData),
            cluster.plan().about(shares.get(0).content().storage()).committing(id))
        .thenApply(answer -> ValueCodec.tid(answer.getTid()));
  }

  /** A storage in which nothing was changed knows nothing of the tid. */
  private static void remember(Share share, Tid tid, boolean named) {
    if (!share.content().onlyChecks()) {
      share.parts().committer().remember(share.history(), share.content(), tid, named);
    }
  }

  private static boolean isMergeable(List<Share> shares, ConflictException conflict) {
    int known = shares.stream().mapToInt(share -> share.of(conflict).size()).sum();
    return known > 0
        && known == conflict.conflicts().size()
        && shares.stream().allMatch(share -> share.isMergeable(conflict))
        && shares.stream().noneMatch(share -> share.content().hasBlobs());
  }

  private CompletableFuture<Tid> mergeAndCommit(
      List<Share> shares, ConflictException conflict, int merges) {
    List<CompletableFuture<Optional<Share>>> merging =
        shares.stream().map(share -> share.merge(conflict)).toList();
    return CompletableFuture.allOf(merging.toArray(CompletableFuture<?>[]::new))
        .thenCompose(
            ignored -> {
              List<Share> merged =
                  merging.stream().map(CompletableFuture::join).flatMap(Optional::stream).toList();
              return merged.size() == shares.size()
                  ? commit(merged, merges + 1)
                  : CompletableFuture.failedFuture(conflict);
            });
  }
}
