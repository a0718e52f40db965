package io.troika.server.service.catalog;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.command.Command.ChangeAccess;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.model.AccessGrant;
import io.troika.server.core.model.AccessKey;
import io.troika.server.service.commit.TransactionService;
import io.troika.server.service.ports.ReplicatedLog;
import io.troika.server.service.waits.LeaderWaits;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Who may do what, through the log. Safe for any thread. */
public final class AccessService {
  private final ReplicatedLog log;
  private final LeaderWaits leaderWaits;
  private final RevisionReader reader;

  public AccessService(ReplicatedLog log, LeaderWaits leaderWaits, RevisionReader reader) {
    this.log = log;
    this.leaderWaits = leaderWaits;
    this.reader = reader;
  }

  /** All grants that this node has applied. */
  public List<AccessGrant> grants() {
    return reader.access().grants();
  }

  /**
   * Grants what is said, in place of what the same token or certificate had.
   *
   * @return fails with the exceptions of {@link ReplicatedLog}, and with {@link
   *     RequestRefusedException} if a token of that name has another secret or there are too many
   */
  public CompletableFuture<Void> grant(AccessGrant grant) {
    return submit(new ChangeAccess(grant.key(), grant)).thenAccept(AccessService::requireDone);
  }

  /**
   * Takes back what was granted.
   *
   * @return whether there was anything
   */
  public CompletableFuture<Boolean> revoke(AccessKey key) {
    return leaderWaits
        .whenStarted(log::proveLeadership)
        .thenCompose(
            term -> {
              boolean known = reader.access().find(key) != null;
              return submit(new ChangeAccess(key, null)).thenApply(done -> known);
            });
  }

  private CompletableFuture<Outcome> submit(ChangeAccess command) {
    return leaderWaits.whenStarted(() -> log.submit(command));
  }

  private static void requireDone(Outcome outcome) {
    if (outcome instanceof Rejected rejected) {
      throw TransactionService.refusal(rejected);
    }
  }
}
