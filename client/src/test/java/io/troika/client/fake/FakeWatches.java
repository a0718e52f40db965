package io.troika.client.fake;

import io.grpc.stub.ServerCallStreamObserver;
import io.troika.api.v1.WatchEvent;
import java.util.List;
import java.util.SortedSet;
import java.util.concurrent.CopyOnWriteArrayList;

/** The streams of events that clients have open at one fake node. */
final class FakeWatches {
  private final FakeCluster cluster;
  private final FakeStorage storage;
  private final FakeNode node;
  private final List<Watcher> watchers = new CopyOnWriteArrayList<>();

  FakeWatches(FakeCluster cluster, FakeNode node) {
    this.cluster = cluster;
    this.storage = cluster.storage();
    this.node = node;
  }

  void open(ServerCallStreamObserver<WatchEvent> stream) {
    Watcher watcher = new Watcher(stream);
    stream.setOnCancelHandler(
        () -> {
          watchers.remove(watcher);
          storage.unfollow(watcher);
        });
    synchronized (storage) {
      watcher.send(
          WatchEvent.newBuilder()
              .setPosition(
                  WatchEvent.Position.newBuilder()
                      .setTid(storage.lastTid())
                      .setStorageUuid(storage.uuid())
                      .setEpoch(storage.epoch())
                      .setLeader(cluster.hintOf(node.index())))
              .build());
      storage.follow(watcher);
      watchers.add(watcher);
    }
  }

  void tellLeader() {
    WatchEvent event = WatchEvent.newBuilder().setLeader(cluster.hintOf(node.index())).build();
    watchers.forEach(watcher -> watcher.send(event));
  }

  void forget() {
    watchers.forEach(storage::unfollow);
    watchers.clear();
  }

  void lose() {
    synchronized (storage) {
      for (Watcher watcher : watchers) {
        watcher.send(
            WatchEvent.newBuilder()
                .setLost(WatchEvent.Lost.newBuilder().setReason("too slow"))
                .build());
        watcher.end();
      }
      forget();
    }
  }

  /**
   * One stream; silent while its node hangs, as the kernel keeps what a stopped process has sent.
   */
  private final class Watcher implements FakeStorage.Follower {
    private final ServerCallStreamObserver<WatchEvent> stream;

    Watcher(ServerCallStreamObserver<WatchEvent> stream) {
      this.stream = stream;
    }

    @Override
    public void committed(long tid, SortedSet<Long> oids) {
      send(
          WatchEvent.newBuilder()
              .setCommitted(
                  WatchEvent.Transactions.newBuilder()
                      .addTransactions(
                          WatchEvent.Committed.newBuilder().setTid(tid).addAllOids(oids)))
              .build());
    }

    synchronized void send(WatchEvent event) {
      if (!node.isHanging() && !stream.isCancelled()) {
        stream.onNext(event);
      }
    }

    synchronized void end() {
      if (!stream.isCancelled()) {
        stream.onCompleted();
      }
    }
  }
}
