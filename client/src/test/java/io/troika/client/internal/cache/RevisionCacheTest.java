package io.troika.client.internal.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.Bytes;
import io.troika.client.Oid;
import io.troika.client.Revision;
import io.troika.client.Tid;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The rules of RevisionCache, one by one. */
final class RevisionCacheTest {
  private static final Oid A = new Oid(1);
  private static final Oid B = new Oid(2);

  private final RevisionCache cache = new RevisionCache(1 << 20);
  private long history;

  @BeforeEach
  void begin() {
    history = cache.history();
    cache.begin(history, new Tid(100));
  }

  private static Revision revision(Oid oid, long serial) {
    return new Revision(oid, new Tid(serial), Bytes.utf8(oid + "@" + serial));
  }

  private void load(Oid oid, long serial, long at, long next) {
    cache.loaded(history, revision(oid, serial), at, next);
  }

  private void commit(long tid, Oid... oids) {
    cache.committed(history, new Tid(tid), List.of(oids));
  }

  private void assertSees(Oid oid, long at, long serial) {
    assertThat(cache.find(history, oid, at)).isEqualTo(revision(oid, serial));
  }

  private void assertMisses(Oid oid, long at) {
    assertThat(cache.find(history, oid, at)).isNull();
  }

  @Test
  void current_isServedUpToTheVerifiedTidOnly() {
    load(A, 50, 100, 0);

    assertSees(A, 50, 50);
    assertSees(A, 100, 50);
    assertMisses(A, 101);
    assertMisses(A, 49);
  }

  @Test
  void current_anotherObjectChanges_isServedFurther() {
    load(A, 50, 100, 0);
    commit(101, B);

    assertSees(A, 101, 50);
  }

  @Test
  void current_changed_isServedToOlderViewsOnly() {
    load(A, 50, 100, 0);
    commit(101, B);
    commit(102, A);

    assertSees(A, 101, 50);
    assertMisses(A, 102);
  }

  @Test
  void old_loadedWithItsSuccessor_isServedInItsInterval() {
    load(A, 50, 60, 70);

    assertSees(A, 69, 50);
    assertMisses(A, 70);
    assertMisses(A, 100);
  }

  @Test
  void lateAnswer_changedMeanwhile_isNotCurrent() {
    commit(101, A);
    load(A, 50, 100, 0);

    assertSees(A, 100, 50);
    assertMisses(A, 101);
  }

  @Test
  void lateAnswer_othersChangedMeanwhile_isCurrent() {
    commit(101, B);
    load(A, 50, 100, 0);

    assertSees(A, 101, 50);
  }

  @Test
  void lateAnswer_ofAViewBeforeTheFeedBegan_isNotCurrent() {
    load(A, 50, 90, 0);

    assertSees(A, 90, 50);
    assertMisses(A, 91);
  }

  @Test
  void aheadOfTheFeed_isProvenAtItsTidOnly() {
    load(A, 105, 110, 0);

    assertSees(A, 110, 105);
    assertMisses(A, 111);
    commit(111, B);
    assertSees(A, 111, 105);
  }

  @Test
  void ownCommit_oldRevisionEndsWithTheFeed() {
    load(A, 50, 100, 0);
    load(A, 101, 101, 0);

    assertSees(A, 100, 50);
    assertSees(A, 101, 101);
    commit(101, A);
    assertSees(A, 100, 50);
    assertSees(A, 101, 101);
  }

  @Test
  void verify_changed_isKeptForOlderViewsOnly() {
    load(A, 50, 100, 0);
    load(B, 60, 100, 0);

    assertThat(cache.verify(history, new Tid(100), new Tid(200), List.of(A))).hasValue(1);

    assertSees(A, 100, 50);
    assertMisses(A, 101);
    assertSees(B, 200, 60);
  }

  @Test
  void verify_otherTidThanVerified_doesNothing() {
    load(A, 50, 100, 0);
    commit(101, A);

    assertThat(cache.verify(history, new Tid(100), new Tid(200), List.of())).isEmpty();

    assertMisses(A, 200);
  }

  @Test
  void verify_lateAnswerFromBefore_isNotCurrent() {
    assertThat(cache.verify(history, new Tid(100), new Tid(200), List.of(A))).hasValue(0);
    load(A, 50, 150, 0);

    assertSees(A, 150, 50);
    assertMisses(A, 200);
  }

  @Test
  void verify_fewChanged_unchangedAreAllKept() {
    IntStream.range(0, 1_000).forEach(i -> load(new Oid(i), 50, 100, 0));
    List<Oid> changed = IntStream.range(0, 10).mapToObj(Oid::new).toList();

    assertThat(cache.verify(history, new Tid(100), new Tid(200), changed)).hasValue(10);

    IntStream.range(10, 1_000).forEach(i -> assertSees(new Oid(i), 200, 50));
  }

  @Test
  void history_replaced_nothingOfTheOldOneIsSeen() {
    load(A, 50, 100, 0);
    cache.replaceHistory(new Tid(90));

    assertMisses(A, 90);
    assertThat(cache.find(cache.history(), A, 90)).isNull();
    load(A, 50, 90, 0);
    assertThat(cache.find(cache.history(), A, 90)).isNull();
  }

  @Test
  void committed_ofAnOldHistory_isIgnored() {
    cache.replaceHistory(new Tid(90));
    commit(101, A);

    assertThat(cache.verified()).isEqualTo(new Tid(90));
  }

  @Test
  void weight_exceeded_evicts() {
    RevisionCache small = new RevisionCache(10_000);
    for (int i = 0; i < 1_000; i++) {
      small.loaded(small.history(), revision(new Oid(i), 50), 100, 0);
    }

    assertThat(small.statistics().weightBytes()).isBetween(1L, 10_000L);
  }

  @Test
  void revisions_manyOfOneObject_oldestAreForgotten() {
    for (int i = 0; i < 20; i++) {
      load(A, 10 + i, 10 + i, 11 + i);
    }

    assertMisses(A, 10);
    assertSees(A, 29, 29);
  }

  @Test
  void recentChanges_moreThanRemembered_lateAnswersAreNotCurrent() {
    for (int i = 1; i <= RecentChanges.OBJECTS_MAX + 1; i++) {
      commit(100 + i, new Oid(1_000 + i));
    }
    load(A, 50, 100, 0);
    load(B, 50, 102, 0);

    long newest = 101 + RecentChanges.OBJECTS_MAX;
    assertMisses(A, newest);
    assertSees(B, newest, 50);
  }
}
