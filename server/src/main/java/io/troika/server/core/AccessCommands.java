package io.troika.server.core;

import io.troika.server.core.command.Command.ChangeAccess;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Done;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.model.AccessGrant;
import io.troika.server.core.model.AccessList;
import org.jspecify.annotations.Nullable;

/** Applies changes to who may do what. The same again changes nothing. */
final class AccessCommands {
  private AccessCommands() {}

  static Outcome apply(ChangeAccess command, PendingChanges changes) {
    AccessList access = changes.access();
    @Nullable AccessGrant known = access.find(command.key());
    @Nullable AccessGrant grant = command.grant();
    if (grant == null) {
      if (known != null) {
        changes.changeAccess(access.without(command.key()));
      }
      return new Done();
    }
    if (known != null && !known.secretHash().equals(grant.secretHash())) {
      return new Rejected(
          Reason.INVALID_TRANSACTION,
          command.key() + ": is there with another secret, which has to be revoked first");
    }
    if (known == null && access.isFull()) {
      return new Rejected(
          Reason.INVALID_TRANSACTION,
          "%s: expected at most %s grants".formatted(command.key(), AccessList.SIZE_MAX));
    }
    changes.changeAccess(access.with(grant));
    return new Done();
  }
}
