package io.troika.server.peer;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.TransactionId;
import io.troika.server.peer.v1.KeepVotes;
import io.troika.server.peer.v1.LockedObjects;
import io.troika.server.service.ports.VotedTransaction;
import io.troika.server.service.ports.VotedTransaction.Locked;
import java.util.List;
import java.util.UUID;

/** What was voted, to messages and back. */
final class Votes {
  private Votes() {}

  static KeepVotes toMessage(String group, long term, List<VotedTransaction> voted) {
    KeepVotes.Builder message = KeepVotes.newBuilder().setGroup(group).setTerm(term);
    voted.forEach(each -> message.addVoted(toMessage(each)));
    return message.build();
  }

  private static io.troika.server.peer.v1.VotedTransaction toMessage(VotedTransaction voted) {
    io.troika.server.peer.v1.VotedTransaction.Builder message =
        io.troika.server.peer.v1.VotedTransaction.newBuilder()
            .setClientHigh(voted.id().client().getMostSignificantBits())
            .setClientLow(voted.id().client().getLeastSignificantBits())
            .setSequence(voted.id().sequence());
    for (Locked each : voted.locked()) {
      LockedObjects.Builder locked = LockedObjects.newBuilder().setStorage(each.storage().value());
      each.exclusive().forEach(oid -> locked.addExclusive(oid.value()));
      each.shared().forEach(oid -> locked.addShared(oid.value()));
      message.addLocked(locked);
    }
    return message.build();
  }

  /**
   * What the message says.
   *
   * @throws IllegalArgumentException if it names what can't be
   */
  static List<VotedTransaction> fromMessage(KeepVotes message) {
    return message.getVotedList().stream().map(Votes::fromMessage).toList();
  }

  private static VotedTransaction fromMessage(io.troika.server.peer.v1.VotedTransaction message) {
    UUID client = new UUID(message.getClientHigh(), message.getClientLow());
    return new VotedTransaction(
        new TransactionId(client, message.getSequence()),
        message.getLockedList().stream().map(Votes::fromMessage).toList());
  }

  private static Locked fromMessage(LockedObjects message) {
    return new Locked(
        new StorageId(message.getStorage()),
        message.getExclusiveList().stream().map(Oid::new).toList(),
        message.getSharedList().stream().map(Oid::new).toList());
  }
}
