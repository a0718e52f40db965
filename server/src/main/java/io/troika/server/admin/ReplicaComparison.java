package io.troika.server.admin;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.StoreService;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.ClusterControl.Member;
import io.troika.server.service.reads.ReadService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;

/**
 * Compares the digests of all replicas of a storage at the newest tid, on the leader. Digests are
 * taken by every node at the same time; a node that does not answer in time is named with the
 * reason.
 */
final class ReplicaComparison {
  /** How long a node may take for its digest, waiting for the tid included. */
  private static final Duration ANSWER_MAX = Duration.ofMinutes(10);

  private static final int ATTEMPTS_MAX = 5;

  private final String nodeId;
  private final StoreGroups groups;
  private final Function<String, ClusterControl> clusters;
  private final ReplicaDigests replicas;
  private final Executor digests;

  /**
   * @param clusters this node's part in each Raft group, by name
   * @param digests takes those of this node; what this is called on may be a peer's connection
   */
  ReplicaComparison(
      String nodeId,
      StoreGroups groups,
      Function<String, ClusterControl> clusters,
      ReplicaDigests replicas,
      Executor digests) {
    this.nodeId = nodeId;
    this.groups = groups;
    this.clusters = clusters;
    this.replicas = replicas;
    this.digests = digests;
  }

  /**
   * What one replica said.
   *
   * @param digest 32 bytes; empty if it did not answer
   * @param problem why it did not; else empty
   */
  record Replica(String nodeId, Bytes digest, String problem) {}

  /** What all replicas said, in the order of node ids, as of {@code at}. */
  record Verification(Tid at, List<Replica> replicas) {
    Verification {
      replicas = List.copyOf(replicas);
    }

    /** Whether every replica answered, and all the same. */
    boolean isEqual() {
      return replicas.stream().allMatch(replica -> replica.problem().isEmpty())
          && replicas.stream().map(Replica::digest).distinct().count() == 1;
    }
  }

  /**
   * Compares once. Replicas take their digests at the same tid, not at the same log entry: where a
   * pack begins or removes garbage in between, they differ though nothing is wrong, and are
   * compared again.
   */
  CompletableFuture<Verification> compare(String storage) {
    return compare(storage, ATTEMPTS_MAX);
  }

  private CompletableFuture<Verification> compare(String storage, int attemptsLeft) {
    StoreService service = groups.of(storage);
    StorageId id = service.storageToChange(storage).id();
    PackState before = service.packs().state(id);
    return compareOnce(storage)
        .thenCompose(
            verification -> {
              PackState after = service.packs().state(id);
              boolean packed = after != null && (after.isRunning() || !after.equals(before));
              return packed && attemptsLeft > 1 && !verification.isEqual()
                  ? compare(storage, attemptsLeft - 1)
                  : CompletableFuture.completedFuture(verification);
            });
  }

  private CompletableFuture<Verification> compareOnce(String storage) {
    StoreService service = groups.of(storage);
    return service
        .reads()
        .begin(storage, ReadService.Freshness.LINEARIZABLE, Tid.NONE, ANSWER_MAX)
        .thenCompose(
            view ->
                clusters
                    .apply(service.group())
                    .members()
                    .thenCompose(members -> compare(storage, view.tid(), members)));
  }

  private CompletableFuture<Verification> compare(String storage, Tid at, List<Member> members) {
    List<CompletableFuture<Replica>> answers = new ArrayList<>();
    for (Member member : members) {
      if (!member.nodeId().equals(nodeId)) {
        answers.add(other(storage, at, member));
      }
    }
    answers.add(own(storage, at));
    return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
        .thenApply(
            done ->
                new Verification(
                    at,
                    answers.stream()
                        .map(CompletableFuture::join)
                        .sorted(Comparator.comparing(Replica::nodeId))
                        .toList()));
  }

  private CompletableFuture<Replica> own(String storage, Tid at) {
    return groups
        .of(storage)
        .reads()
        .digest(storage, at, ANSWER_MAX, digests)
        .handle(
            (digest, failure) ->
                failure == null
                    ? new Replica(nodeId, digest.sha256(), "")
                    : new Replica(nodeId, Bytes.EMPTY, reason(failure)));
  }

  private CompletableFuture<Replica> other(String storage, Tid at, Member member) {
    if (member.clientAddress().isEmpty()) {
      return CompletableFuture.completedFuture(
          new Replica(member.nodeId(), Bytes.EMPTY, "its client address is not known"));
    }
    return replicas
        .digest(member.clientAddress(), storage, at, ANSWER_MAX)
        .handle(
            (digest, failure) ->
                failure == null
                    ? new Replica(member.nodeId(), digest, "")
                    : new Replica(member.nodeId(), Bytes.EMPTY, reason(failure)));
  }

  private static String reason(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage());
  }
}
