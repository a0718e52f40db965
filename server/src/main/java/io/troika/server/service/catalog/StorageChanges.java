package io.troika.server.service.catalog;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.StorageCreated;
import io.troika.server.core.command.StorageChange.DropStorage;
import io.troika.server.core.command.StorageChange.RenameStorage;
import io.troika.server.core.command.StorageChange.ReplaceStorage;
import io.troika.server.core.command.StorageChange.SetQuota;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.service.commit.TransactionService;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.waits.LeaderWaits;
import java.util.concurrent.CompletableFuture;

/**
 * Changes to storages as a whole, by the leader; each is one log entry. All fail by the exceptions
 * of {@link ReplicatedLog} and with {@code RequestRefusedException}. Safe for any thread.
 */
public final class StorageChanges {
  private final ReplicatedLog log;
  private final LeaderWaits leaderWaits;
  private final RevisionReader reader;
  private final StorageNames names;

  public StorageChanges(
      ReplicatedLog log, LeaderWaits leaderWaits, RevisionReader reader, StorageNames names) {
    this.log = log;
    this.leaderWaits = leaderWaits;
    this.reader = reader;
    this.names = names;
  }

  /** What {@link ReplaceStorage} says, with names. */
  public record Replacement(
      TransactionId id,
      String storage,
      long epoch,
      Tid newestMax,
      String by,
      Tid byLastTid,
      Tid horizon,
      TransactionMetadata metadata) {}

  /**
   * Lets one storage take the place of another. The same id again gets the recorded answer.
   *
   * @return the first transaction of the new epoch
   */
  public CompletableFuture<Tid> replace(Replacement replacement) {
    return leaderWaits
        .whenStarted(
            () -> {
              // Afterwards the one is not there any more, and the other is another one.
              Outcome recorded = reader.outcome(replacement.id());
              return recorded == null
                  ? log.submit(command(replacement))
                  : CompletableFuture.completedFuture(recorded);
            })
        .thenApply(
            outcome -> {
              if (outcome instanceof Committed committed) {
                return committed.tid();
              }
              throw refusal(outcome);
            });
  }

  private ReplaceStorage command(Replacement replacement) {
    return new ReplaceStorage(
        replacement.id(),
        names.find(replacement.storage()).id(),
        replacement.epoch(),
        replacement.newestMax(),
        names.find(replacement.by()).id(),
        replacement.byLastTid(),
        replacement.horizon(),
        log.tidCandidate(),
        replacement.metadata());
  }

  /** Drops a storage that is in this epoch. */
  public CompletableFuture<Void> drop(String name, long epoch) {
    return leaderWaits
        .whenStarted(() -> log.submit(new DropStorage(names.find(name).id(), epoch)))
        .thenApply(
            outcome -> {
              if (outcome instanceof Rejected) {
                throw refusal(outcome);
              }
              return null;
            });
  }

  /** Gives a storage another name, which must be free. */
  public CompletableFuture<StorageState> rename(String name, String other) {
    requireArgument(
        !other.isBlank() && other.length() <= StorageState.NAME_LENGTH_MAX,
        "storage name '%s': expected 1 to %s characters",
        other,
        StorageState.NAME_LENGTH_MAX);
    return leaderWaits
        .whenStarted(() -> log.submit(new RenameStorage(names.find(name).id(), other)))
        .thenApply(
            outcome -> {
              if (outcome instanceof StorageCreated renamed) {
                return renamed.storage();
              }
              throw refusal(outcome);
            });
  }

  /**
   * Says how large a storage may become.
   *
   * @param quotaBytes 0 or more; {@link StorageState#NO_QUOTA}: as large as it likes
   */
  public CompletableFuture<StorageState> setQuota(String name, long quotaBytes) {
    return leaderWaits
        .whenStarted(() -> log.submit(new SetQuota(names.find(name).id(), quotaBytes)))
        .thenApply(
            outcome -> {
              if (outcome instanceof StorageCreated changed) {
                return changed.storage();
              }
              throw refusal(outcome);
            });
  }

  private static RuntimeException refusal(Outcome outcome) {
    return outcome instanceof Rejected rejected
        ? TransactionService.refusal(rejected)
        : new IllegalStateException("a change of a storage was answered by " + outcome);
  }
}
