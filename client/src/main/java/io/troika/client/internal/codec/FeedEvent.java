package io.troika.client.internal.codec;

import io.troika.api.v1.InvalidationsSinceResponse;
import io.troika.api.v1.WatchEvent;
import io.troika.client.LeaderInfo;
import io.troika.client.Oid;
import io.troika.client.Tid;
import java.util.List;
import java.util.UUID;

/** What a watch tells, in client types. */
public sealed interface FeedEvent {

  /** The stream begins: transactions after {@code tid} follow. */
  record Position(Tid tid, UUID storageUuid, long epoch, LeaderInfo leader) implements FeedEvent {}

  /** A transaction was committed; the next one in tid order. */
  record Committed(Tid tid, List<Oid> oids) implements FeedEvent {}

  /** The term or the leader changed. */
  record Leader(LeaderInfo leader) implements FeedEvent {}

  /** Nothing else happened for a second. */
  record Heartbeat(Tid lastTid, long term) implements FeedEvent {}

  /** Something may be missing from here on. */
  record Lost(String reason) implements FeedEvent {}

  /**
   * The answer to the question what was missed.
   *
   * @param complete false: too much to tell
   * @param upTo the list goes up to and including this transaction
   */
  record Missed(boolean complete, Tid upTo, List<Oid> oids, UUID storageUuid, long epoch) {
    public static Missed of(InvalidationsSinceResponse response) {
      return new Missed(
          response.getComplete(),
          ValueCodec.tid(response.getUpTo()),
          ValueCodec.oids(response.getOidsList()),
          ValueCodec.uuid(response.getStorageUuid()),
          response.getEpoch());
    }
  }

  /** What one message tells, in order. */
  static List<FeedEvent> of(WatchEvent event) {
    if (event.hasCommitted()) {
      return event.getCommitted().getTransactionsList().stream().map(FeedEvent::committed).toList();
    }
    return List.of(single(event));
  }

  private static FeedEvent committed(WatchEvent.Committed transaction) {
    return new Committed(
        ValueCodec.tid(transaction.getTid()), ValueCodec.oids(transaction.getOidsList()));
  }

  private static FeedEvent single(WatchEvent event) {
    return switch (event.getEventCase()) {
      case POSITION ->
          new Position(
              ValueCodec.tid(event.getPosition().getTid()),
              ValueCodec.uuid(event.getPosition().getStorageUuid()),
              event.getPosition().getEpoch(),
              ValueCodec.leader(event.getPosition().getLeader()));
      case LEADER -> new Leader(ValueCodec.leader(event.getLeader()));
      case HEARTBEAT ->
          new Heartbeat(
              ValueCodec.tid(event.getHeartbeat().getLastTid()), event.getHeartbeat().getTerm());
      case LOST -> new Lost(event.getLost().getReason());
      case COMMITTED, EVENT_NOT_SET -> new Lost("an event that this client does not know");
    };
  }
}
