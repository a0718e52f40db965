package io.troika.server.service.catalog;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.command.GroupChange;
import io.troika.server.core.command.GroupChange.CreateGroup;
import io.troika.server.core.command.GroupChange.DropGroup;
import io.troika.server.core.command.GroupChange.PlaceStorage;
import io.troika.server.core.command.GroupChange.SealGroup;
import io.troika.server.core.command.GroupChange.UnplaceStorage;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.service.commit.TransactionService;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.service.waits.LeaderWaits;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Changes to which Raft groups there are and what is in them, by the leader of {@code g0}; each is
 * one log entry. All fail by the exceptions of {@link ReplicatedLog} and with {@link
 * RequestRefusedException}. Safe for any thread.
 */
public final class GroupChanges {
  private final ReplicatedLog log;
  private final LeaderWaits leaderWaits;
  private final RevisionReader reader;

  public GroupChanges(ReplicatedLog log, LeaderWaits leaderWaits, RevisionReader reader) {
    this.log = log;
    this.leaderWaits = leaderWaits;
    this.reader = reader;
  }

  /**
   * Begins another group; done if there is one of that name. Fails with {@link LaggingException}
   * while the members change.
   *
   * @param members who belongs to the cluster, all of whom can take part; nobody while that changes
   */
  public CompletableFuture<Void> create(
      String name, Supplier<CompletableFuture<List<GroupInfo.Member>>> members) {
    GroupInfo.requireName(name);
    return leaderWaits.whenStarted(
        () -> {
          if (reader.catalog().find(name) != null) {
            return CompletableFuture.completedFuture(null);
          }
          return members.get().thenCompose(present -> create(name, present));
        });
  }

  private CompletableFuture<Void> create(String name, List<GroupInfo.Member> members) {
    if (members.isEmpty()) {
      // Also for a moment after the first start, when nobody has heard of them from the log.
      return CompletableFuture.failedFuture(
          new LaggingException(
              "group '%s': the members of the cluster are being changed".formatted(name)));
    }
    return submit(new CreateGroup(name, UUID.randomUUID(), members));
  }

  /**
   * Ends a group that is sealed; done if there is none of that name.
   *
   * @param isSealed asked if there is one; fails with {@link LaggingException} if it is not, as far
   *     as this node knows
   */
  public CompletableFuture<Void> drop(String name, BooleanSupplier isSealed) {
    GroupChange command = new DropGroup(name);
    return whileLeading(
        () -> {
          if (reader.catalog().find(name) == null) {
            return CompletableFuture.completedFuture(null);
          }
          if (!isSealed.getAsBoolean()) {
            throw new LaggingException(
                "group '%s' is not sealed, as far as this node knows".formatted(name));
          }
          return submit(command);
        });
  }

  /** No storage is created any more in the group whose leader this is, which has none. */
  public CompletableFuture<Void> seal() {
    return leaderWaits.whenStarted(() -> submit(new SealGroup()));
  }

  /** Whether it is, as far as this node has applied its log. */
  public boolean isSealed() {
    return reader.catalog().sealed();
  }

  /** Says that a storage of that name is in that group. */
  public CompletableFuture<Void> place(String storage, String group) {
    GroupChange command = new PlaceStorage(storage, group);
    return whileLeading(
        () -> {
          requireArgument(reader.catalog().find(group) != null, "there is no group '%s'", group);
          return submit(command);
        });
  }

  /** In which group the name is now, and not only as far as this node has heard. */
  public CompletableFuture<String> whereIs(String storage) {
    return whileLeading(() -> CompletableFuture.completedFuture(reader.catalog().groupOf(storage)));
  }

  /** Frees the name that a storage had in that group. */
  public CompletableFuture<Void> unplace(String storage, String group) {
    GroupChange command = new UnplaceStorage(storage, group);
    return leaderWaits.whenStarted(() -> submit(command));
  }

  /**
   * Makes a call that may rely on the catalog of this node: it leads, and has applied all that any
   * leader has answered. What is refused by that gets into no log: an entry about groups, even one
   * that changes nothing, stops nodes of versions that know none.
   */
  private <T> CompletableFuture<T> whileLeading(Supplier<CompletableFuture<T>> call) {
    return leaderWaits.whenStarted(() -> log.proveLeadership().thenCompose(proven -> call.get()));
  }

  private CompletableFuture<Void> submit(GroupChange command) {
    return log.submit(command)
        .thenAccept(
            outcome -> {
              if (outcome instanceof Rejected rejected) {
                throw TransactionService.refusal(rejected);
              }
            });
  }
}
