package io.troika.server.core.simulation;

import io.troika.server.core.ChangeSet;
import io.troika.server.core.ChangeSet.NewRevision;
import io.troika.server.core.ChangeSet.NewTransaction;
import io.troika.server.core.ForwardingStore;
import io.troika.server.core.RevisionStore;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import java.util.List;

/**
 * A planted bug: a store that writes what a transaction over several storages changed in the first
 * of them only, as a crash between two batches would leave it.
 */
final class TornStore extends ForwardingStore {
  TornStore(RevisionStore store) {
    super(store);
  }

  @Override
  public void write(ChangeSet changes) {
    super.write(isJoint(changes) ? firstOnly(changes) : changes);
  }

  private static boolean isJoint(ChangeSet changes) {
    List<NewTransaction> transactions = changes.transactions();
    return transactions.size() == 2
        && transactions.get(0).transaction().id().equals(transactions.get(1).transaction().id());
  }

  private static ChangeSet firstOnly(ChangeSet changes) {
    NewTransaction first = changes.transactions().get(0);
    StorageId storage = first.storage();
    List<NewRevision> revisions =
        changes.revisions().stream().filter(each -> each.storage().equals(storage)).toList();
    List<StorageState> states =
        changes.storages().stream().filter(each -> each.id().equals(storage)).toList();
    return new ChangeSet(
        changes.group(),
        states,
        revisions,
        List.of(first),
        changes.outcomes(),
        changes.forgottenOutcomes(),
        changes.pack(),
        changes.blobs(),
        changes.dropped(),
        changes.access(),
        changes.catalog());
  }
}
