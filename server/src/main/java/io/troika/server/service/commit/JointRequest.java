package io.troika.server.service.commit;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.core.command.Command.CommitTogether;
import io.troika.server.core.command.Command.Share;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import java.util.Comparator;
import java.util.List;

/**
 * A transaction over several storages as a client sends it.
 *
 * @param shares what it does in each storage, in any order: 2 to {@link
 *     CommitTogether#STORAGES_MAX}, under one id, with the same metadata
 */
public record JointRequest(List<TransactionRequest> shares) {
  public JointRequest {
    requireArgument(
        shares.size() >= 2 && shares.size() <= CommitTogether.STORAGES_MAX,
        "a transaction over %s storages: expected 2 to %s",
        shares.size(),
        CommitTogether.STORAGES_MAX);
    TransactionRequest first = shares.get(0);
    requireArgument(
        shares.stream()
            .allMatch(
                each -> each.id().equals(first.id()) && each.metadata().equals(first.metadata())),
        "transaction %s: its shares differ in id or metadata",
        first.id());
    requireArgument(
        shares.stream().map(TransactionRequest::storage).distinct().count() == shares.size(),
        "transaction %s: a storage is named twice",
        first.id());
    shares = shares.stream().sorted(Comparator.comparing(TransactionRequest::storage)).toList();
  }

  /** Its one id. */
  public TransactionId id() {
    return shares.get(0).id();
  }

  CommitTogether toCommand(Tid candidate) {
    return new CommitTogether(
        id(),
        candidate,
        shares.get(0).metadata(),
        shares.stream()
            .map(
                each ->
                    new Share(
                        each.storage(),
                        each.reads(),
                        each.writes(),
                        each.deletes(),
                        each.undos(),
                        each.stages()))
            .toList());
  }
}
