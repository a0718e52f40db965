package io.troika.server.core;

import io.troika.server.core.ChangeSet.NewRevision;
import io.troika.server.core.ChangeSet.NewTransaction;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import java.util.Collection;
import java.util.List;

/**
 * What packing changes of the past. Each revision and each transaction occurs once at most, and
 * none of them among those that the same change set adds.
 *
 * @param rewrittenRevisions take the place of those with their oid and tid: the same content, with
 *     data of its own or shared with another
 * @param rewrittenTransactions take the place of those with their tid
 * @param states of packs, each storage once at most
 */
public record PackChanges(
    List<NewRevision> rewrittenRevisions,
    List<RemovedRevision> removedRevisions,
    List<NewTransaction> rewrittenTransactions,
    List<RemovedTransaction> removedTransactions,
    List<PackState> states) {
  public static final PackChanges NONE =
      new PackChanges(List.of(), List.of(), List.of(), List.of(), List.of());

  public PackChanges {
    rewrittenRevisions = List.copyOf(rewrittenRevisions);
    removedRevisions = List.copyOf(removedRevisions);
    rewrittenTransactions = List.copyOf(rewrittenTransactions);
    removedTransactions = List.copyOf(removedTransactions);
    states = List.copyOf(states);
  }

  /** All of them as one; of different storages. */
  static PackChanges ofAll(Collection<PackChanges> all) {
    return all.isEmpty()
        ? NONE
        : new PackChanges(
            all.stream().flatMap(each -> each.rewrittenRevisions().stream()).toList(),
            all.stream().flatMap(each -> each.removedRevisions().stream()).toList(),
            all.stream().flatMap(each -> each.rewrittenTransactions().stream()).toList(),
            all.stream().flatMap(each -> each.removedTransactions().stream()).toList(),
            all.stream().flatMap(each -> each.states().stream()).toList());
  }

  /** A revision that is there no longer; whatever else is kept of it goes with it. */
  public record RemovedRevision(StorageId storage, Oid oid, Tid tid) {}

  public record RemovedTransaction(StorageId storage, Tid tid) {}
}
