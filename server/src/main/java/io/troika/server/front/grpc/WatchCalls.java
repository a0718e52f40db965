package io.troika.server.front.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.WatchEvent;
import io.troika.api.v1.WatchRequest;
import io.troika.server.access.AccessControl;
import io.troika.server.access.Caller;
import io.troika.server.access.Demand;
import io.troika.server.core.model.StorageId;
import io.troika.server.messages.StorageMessages;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.StoreService;
import io.troika.server.service.feed.FeedClient;
import io.troika.server.service.feed.FeedEvent;
import io.troika.server.service.feed.FeedEvent.Committed;
import io.troika.server.service.feed.FeedEvent.Heartbeat;
import io.troika.server.service.feed.FeedEvent.LeaderChanged;
import io.troika.server.service.feed.FeedEvent.Lost;
import io.troika.server.service.feed.FeedEvent.Position;
import io.troika.server.service.feed.FeedSubscriber;
import io.troika.server.service.feed.FeedSubscription;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Open watches: subscriptions to the feed, each written to one stream. */
final class WatchCalls {
  private final StoreGroups groups;
  private final AccessControl access;
  private final Set<Watcher> watchers = ConcurrentHashMap.newKeySet();
  private volatile boolean stopping;
  private volatile @Nullable Encoded encoded;

  WatchCalls(StoreGroups groups, AccessControl access) {
    this.groups = groups;
    this.access = access;
  }

  void watch(WatchRequest request, StreamObserver<WatchEvent> observer) {
    StoreService service = groups.of(request.getStorage());
    StorageId storage = service.reads().storage(request.getStorage()).id();
    Watcher watcher =
        new Watcher((ServerCallStreamObserver<WatchEvent>) observer, request.getWithoutOids());
    watchers.add(watcher);
    watcher.observer.setOnCancelHandler(watcher::cancel);
    watcher.observer.setOnReadyHandler(watcher::resume);
    try {
      watcher.subscription = service.feed().subscribe(storage, watcher);
    } catch (RuntimeException e) {
      watchers.remove(watcher);
      throw e;
    }
    if (stopping) {
      watcher.lose("this node stops");
    } else if (observer instanceof ServerCallStreamObserver<?> call && call.isCancelled()) {
      watcher.cancel(); // cancelled before there was a subscription to end
    }
  }

  /** Ends all watches by a Lost, those to come as well. */
  void stop() {
    stopping = true;
    watchers.forEach(watcher -> watcher.lose("this node stops"));
  }

  /** The message of an event that goes to many watchers, one after the other. */
  private WatchEvent shared(Committed committed) {
    Encoded last = encoded;
    if (last == null || !last.event().equals(committed)) {
      last = new Encoded(committed, encode(committed, true));
      encoded = last;
    }
    return last.message();
  }

  private static WatchEvent encode(Committed committed, boolean withOids) {
    WatchEvent.Transactions.Builder all = WatchEvent.Transactions.newBuilder();
    for (FeedEvent.Transaction transaction : committed.transactions()) {
      WatchEvent.Committed.Builder one = all.addTransactionsBuilder();
      one.setTid(transaction.tid().value());
      if (withOids) {
        transaction.oids().forEach(oid -> one.addOids(oid.value()));
      }
    }
    return WatchEvent.newBuilder().setCommitted(all).build();
  }

  private record Encoded(Committed event, WatchEvent message) {}

  private final class Watcher implements FeedSubscriber {
    private final ServerCallStreamObserver<WatchEvent> observer;
    private final boolean withoutOids;
    private final FeedClient client = CallerAddress.present();
    private final Caller caller = AccessInterceptor.presentWatcher();
    private volatile @Nullable FeedSubscription subscription;

    private Watcher(ServerCallStreamObserver<WatchEvent> observer, boolean withoutOids) {
      this.observer = observer;
      this.withoutOids = withoutOids;
    }

    @Override
    public FeedClient client() {
      return client;
    }

    @Override
    public boolean isAllowed(String storage) {
      return access.allows(caller, Demand.READ_STORAGE, storage);
    }

    @Override
    public boolean isReady() {
      return observer.isReady();
    }

    @Override
    public void deliver(FeedEvent event) {
      observer.onNext(message(event));
      if (event instanceof Lost) {
        watchers.remove(this);
        observer.onCompleted();
      }
    }

    /** Without its feed the client would believe for ever that nothing happens. */
    @Override
    public void failed(RuntimeException cause) {
      watchers.remove(this);
      observer.onError(new IllegalStateException("a watch could not go on", cause));
    }

    private WatchEvent message(FeedEvent event) {
      WatchEvent.Builder message = WatchEvent.newBuilder();
      if (event instanceof Committed committed) {
        return withoutOids ? encode(committed, false) : shared(committed);
      } else if (event instanceof Heartbeat heartbeat) {
        message.setHeartbeat(
            WatchEvent.Heartbeat.newBuilder()
                .setLastTid(heartbeat.lastTid().value())
                .setTerm(heartbeat.term()));
      } else if (event instanceof LeaderChanged changed) {
        message.setLeader(ToProto.leaderHint(changed.leadership()));
      } else if (event instanceof Position position) {
        message.setPosition(position(position));
      } else {
        message.setLost(WatchEvent.Lost.newBuilder().setReason(((Lost) event).reason()));
      }
      return message.build();
    }

    private WatchEvent.Position position(Position position) {
      return WatchEvent.Position.newBuilder()
          .setTid(position.storage().lastTid().value())
          .setStorageUuid(StorageMessages.uuid(position.storage().uuid()))
          .setEpoch(position.storage().epoch())
          .setLeader(ToProto.leaderHint(position.leadership()))
          .build();
    }

    private void resume() {
      FeedSubscription current = subscription;
      if (current != null) {
        current.resume();
      }
    }

    private void lose(String reason) {
      FeedSubscription current = subscription;
      if (current != null) {
        current.lose(reason);
      }
    }

    private void cancel() {
      watchers.remove(this);
      FeedSubscription current = subscription;
      if (current != null) {
        current.cancel();
      }
    }
  }
}
