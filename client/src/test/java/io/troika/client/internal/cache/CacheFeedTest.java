package io.troika.client.internal.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.Bytes;
import io.troika.client.CachePolicy;
import io.troika.client.LeaderInfo;
import io.troika.client.Oid;
import io.troika.client.Revision;
import io.troika.client.Tid;
import io.troika.client.UnavailableException;
import io.troika.client.internal.Listeners;
import io.troika.client.internal.codec.FeedEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The states of CacheFeed, one transition each. */
final class CacheFeedTest {
  private static final UUID STORAGE = new UUID(1, 2);
  private static final Oid A = new Oid(1);

  private final RevisionCache cache = new RevisionCache(1 << 20);
  private final HistoryGuard guard = new HistoryGuard(cache);
  private final List<Asked> asked = new ArrayList<>();
  private final List<String> restarts = new ArrayList<>();
  private CacheFeed feed = feed(CachePolicy.VERIFY);

  private record Asked(Tid since, Tid atLeast, CompletableFuture<FeedEvent.Missed> answer) {
    void answer(long upTo, Oid... oids) {
      answer.complete(new FeedEvent.Missed(true, new Tid(upTo), List.of(oids), STORAGE, 1));
    }
  }

  private CacheFeed feed(CachePolicy policy) {
    CacheFeed.Source source =
        new CacheFeed.Source() {
          @Override
          public CompletableFuture<FeedEvent.Missed> missed(Tid since, Tid atLeast) {
            asked.add(new Asked(since, atLeast, new CompletableFuture<>()));
            return asked.get(asked.size() - 1).answer();
          }

          @Override
          public void restart(String why) {
            restarts.add(why);
          }
        };
    return new CacheFeed(cache, guard, policy, "main", source, new Listeners(List.of()));
  }

  private void position(long tid, long term, long epoch) {
    LeaderInfo leader = new LeaderInfo(term, "n1", "n1:1");
    feed.accept(new FeedEvent.Position(new Tid(tid), STORAGE, epoch, leader)).run();
  }

  private void committed(long tid, Oid... oids) {
    feed.accept(new FeedEvent.Committed(new Tid(tid), List.of(oids))).run();
  }

  private void term(long term) {
    feed.accept(new FeedEvent.Leader(new LeaderInfo(term, "n2", "n2:1"))).run();
  }

  private void lost() {
    feed.accept(new FeedEvent.Lost("test")).run();
  }

  private void cacheA() {
    Revision revision = new Revision(A, new Tid(50), Bytes.EMPTY);
    cache.loaded(cache.history(), revision, 100, 0);
  }

  private boolean servesAAt(long tid) {
    return cache.find(cache.history(), A, tid) != null;
  }

  @Test
  void firstStream_isLiveAtOnce() {
    position(100, 1, 1);

    assertThat(feed.isLive()).isTrue();
    assertThat(asked).isEmpty();
  }

  @Test
  void whenVerified_completesWithTheCommitThatReachesIt() {
    position(100, 1, 1);
    CompletableFuture<Boolean> past = feed.whenVerified(new Tid(100));
    CompletableFuture<Boolean> far = feed.whenVerified(new Tid(105));
    CompletableFuture<Boolean> near = feed.whenVerified(new Tid(103));
    assertThat(past).isCompletedWithValue(true);

    committed(102, A);
    assertThat(near).isNotDone();
    committed(104, A);

    assertThat(near).isCompletedWithValue(true);
    assertThat(far).isNotDone();
  }

  @Test
  void whenVerified_whileTheStreamIsDown_promisesNothing() {
    position(100, 1, 1);
    CompletableFuture<Boolean> before = feed.whenVerified(new Tid(105));
    lost();
    assertThat(feed.whenVerified(new Tid(105))).isCompletedWithValue(false);
    position(110, 1, 1);
    asked.get(0).answer(110);
    committed(111, A);
    assertThat(before).as("forgotten with its stream").isNotDone();
  }

  @Test
  void secondStream_isLiveOnceAnswered() {
    position(100, 1, 1);
    cacheA();
    lost();
    position(110, 1, 1);
    assertThat(feed.isLive()).isFalse();
    assertThat(servesAAt(110)).isFalse();

    asked.get(0).answer(110);

    assertThat(feed.isLive()).isTrue();
    assertThat(servesAAt(110)).isTrue();
  }

  @Test
  void commitsWhileAsking_waitAndAreApplied() {
    position(100, 1, 1);
    cacheA();
    lost();
    position(110, 1, 1);
    committed(111, new Oid(9));
    committed(112, A);
    asked.get(0).answer(111);

    assertThat(cache.verified()).isEqualTo(new Tid(112));
    assertThat(servesAAt(111)).isTrue();
    assertThat(servesAAt(112)).isFalse();
  }

  @Test
  void newTerm_isNotLiveUntilAnswered() {
    position(100, 1, 1);
    cacheA();
    term(2);
    committed(101, new Oid(9));
    assertThat(servesAAt(101)).isFalse();

    asked.get(0).answer(101);

    assertThat(servesAAt(101)).isTrue();
  }

  /** Found by the simulation: 0x137 was neither asked for nor told. */
  @Test
  void newTermWhileAsking_stillAsksUpToWhereTheStreamBegan() {
    position(100, 1, 1);
    lost();
    position(110, 1, 1);

    term(2);

    assertThat(asked).extracting(Asked::atLeast).containsExactly(new Tid(110), new Tid(110));
    asked.get(0).answer(110);
    assertThat(feed.isLive()).isFalse();
    asked.get(1).answer(110);
    assertThat(feed.isLive()).isTrue();
  }

  @Test
  void sameTermAgain_changesNothing() {
    position(100, 3, 1);
    term(3);

    assertThat(feed.isLive()).isTrue();
  }

  @Test
  void answerOfAnOldStream_isIgnored() {
    position(100, 1, 1);
    lost();
    position(110, 1, 1);
    lost();

    asked.get(0).answer(110);

    assertThat(feed.isLive()).isFalse();
    assertThat(cache.verified()).isEqualTo(new Tid(100));
  }

  @Test
  void question_failed_beginsAnew() {
    position(100, 1, 1);
    lost();
    position(110, 1, 1);

    asked.get(0).answer().completeExceptionally(new UnavailableException("no leader", null));

    assertThat(restarts).hasSize(1);
    assertThat(feed.isLive()).isFalse();
  }

  @Test
  void heartbeat_tellsOfAMissedCommit_beginsAnew() {
    position(100, 1, 1);
    feed.accept(new FeedEvent.Heartbeat(new Tid(101), 1)).run();
    assertThat(restarts).isEmpty();

    feed.accept(new FeedEvent.Heartbeat(new Tid(101), 1)).run();

    assertThat(restarts).hasSize(1);
    assertThat(feed.isLive()).isFalse();
  }

  @Test
  void purge_secondStream_dropsAllAndIsLive() {
    feed = feed(CachePolicy.PURGE);
    position(100, 1, 1);
    cacheA();
    lost();
    position(110, 1, 1);

    assertThat(feed.isLive()).isTrue();
    assertThat(cache.size()).isZero();
    assertThat(asked).isEmpty();
  }

  @Test
  void purge_newTerm_dropsAll() {
    feed = feed(CachePolicy.PURGE);
    position(100, 1, 1);
    cacheA();
    term(2);

    assertThat(cache.size()).isZero();
    assertThat(feed.isLive()).isTrue();
  }

  @Test
  void epoch_raised_dropsAll() {
    position(100, 1, 1);
    cacheA();
    lost();
    position(90, 2, 2);
    asked.forEach(each -> each.answer().cancel(false));

    assertThat(cache.size()).isZero();
    assertThat(cache.history()).isEqualTo(2);
  }

  @Test
  void epoch_lower_isAnotherNodesPast() {
    position(100, 1, 2);
    lost();
    position(100, 1, 1);

    assertThat(restarts).hasSize(1);
    assertThat(cache.history()).isEqualTo(1);
  }

  @Test
  void waiting_tooMany_beginsAnew() {
    position(100, 1, 1);
    lost();
    position(110, 1, 1);
    for (int i = 1; i <= CacheFeed.WAITING_MAX + 1; i++) {
      committed(110 + i, A);
    }

    assertThat(restarts).hasSize(1);
  }
}
