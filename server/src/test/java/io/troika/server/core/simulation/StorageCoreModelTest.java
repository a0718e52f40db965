package io.troika.server.core.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.CommitListener;
import io.troika.server.core.StorageCore;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.digest.StateVerification;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.core.mvcc.HistoryEntry;
import io.troika.server.core.mvcc.InvalidationsResult;
import io.troika.server.core.mvcc.LoadResult;
import io.troika.server.core.mvcc.ObjectReads;
import io.troika.server.core.mvcc.TransactionReads;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.Size;

/** The core answers, and looks afterwards, like the naive model, whatever commands come. */
final class StorageCoreModelTest {

  /** Each seed makes one log entry, so a failure shrinks to few entries. */
  @Property(tries = 4_000, shrinking = ShrinkingMode.BOUNDED)
  void core_randomEntries_answersLikeTheModel(@ForAll @Size(min = 1, max = 40) List<Long> seeds) {
    MemoryRevisionStore store = new MemoryRevisionStore();
    StorageCore core = new StorageCore(store, CommitListener.NONE);
    NaiveGroup model = new NaiveGroup();
    List<LogEntry> log = new ArrayList<>();
    for (int i = 0; i <= seeds.size(); i++) {
      LogEntry entry =
          i == 0 ? SimulatedLog.FIRST : RandomEntries.next(new Random(seeds.get(i - 1)), store);
      log.add(entry);
      List<Outcome> answered = core.apply(new LogPosition(1, i), entry);
      assertThat(answered.stream().map(StorageCoreModelTest::withoutMessage))
          .as("outcomes of the last of %s", log)
          .containsExactlyElementsOf(
              model.apply(entry).stream().map(StorageCoreModelTest::withoutMessage).toList());
    }
    compare(store, model, log);
  }

  private static void compare(MemoryRevisionStore store, NaiveGroup model, List<LogEntry> log) {
    assertThat(store.storages())
        .as("storages after %s", log)
        .isEqualTo(model.storages.stream().map(NaiveStorage::state).toList());
    assertThat(store.outcomes(null, Integer.MAX_VALUE))
        .as("remembered outcomes after %s", log)
        .hasSize(model.outcomes.size())
        .allSatisfy(
            each ->
                assertThat(model.outcomes.get(each.id()))
                    .satisfies(
                        expected -> {
                          assertThat(withoutMessage(each.outcome()))
                              .isEqualTo(withoutMessage(expected.outcome()));
                          assertThat(each.expiresMillis()).isEqualTo(expected.expiresMillis());
                        }));
    for (NaiveStorage storage : model.storages) {
      compareReads(store, storage, log);
      assertThat(StateVerification.verify(store, storage.id)).as("after %s", log).isEmpty();
    }
  }

  private static void compareReads(
      MemoryRevisionStore store, NaiveStorage model, List<LogEntry> log) {
    ObjectReads reads = new ObjectReads(store);
    TreeSet<Oid> oids = new TreeSet<>();
    model.transactions.forEach(each -> oids.addAll(each.contents().keySet()));
    List<Long> bounds = new ArrayList<>(List.of(0L, Long.MAX_VALUE));
    model.transactions.forEach(each -> bounds.addAll(List.of(each.tid(), each.tid() + 1)));
    for (Oid oid : oids) {
      for (long before : bounds) {
        assertThat(found(reads.loadBefore(model.id, oid, new Tid(before))))
            .as("%s before %s after %s", oid, before, log)
            .isEqualTo(expected(model, oid, before));
      }
      assertThat(reads.history(model.id, oid, 1_000).stream().map(HistoryEntry::tid))
          .as("history of %s after %s", oid, log)
          .containsExactlyElementsOf(historyTids(model, oid));
    }
    TransactionReads transactions = new TransactionReads(store);
    for (long since : bounds) {
      if (since <= model.lastTid()) {
        assertThat(transactions.invalidationsSince(model.id, new Tid(since), 1_000, 1_000))
            .as("invalidations since %s after %s", since, log)
            .isEqualTo(invalidations(model, since));
      }
    }
  }

  private record Seen(long tid, Bytes data, Optional<Long> nextTid) {}

  private static Optional<Seen> found(LoadResult result) {
    return result instanceof LoadResult.Found found
        ? Optional.of(
            new Seen(
                found.revision().tid().value(),
                found.revision().data(),
                Optional.ofNullable(found.revision().nextTid()).map(Tid::value)))
        : Optional.empty();
  }

  private static Optional<Seen> expected(NaiveStorage model, Oid oid, long before) {
    NaiveStorage.Transaction newest = model.newestBefore(oid, before);
    if (newest == null) {
      return Optional.empty();
    }
    Optional<Long> next =
        having(model, oid)
            .map(NaiveStorage.Transaction::tid)
            .filter(tid -> tid > newest.tid())
            .findFirst();
    return newest.data(oid).map(data -> new Seen(newest.tid(), data, next));
  }

  private static Stream<NaiveStorage.Transaction> having(NaiveStorage model, Oid oid) {
    return model.transactions.stream().filter(each -> each.contents().containsKey(oid));
  }

  private static List<Tid> historyTids(NaiveStorage model, Oid oid) {
    List<Tid> tids = new ArrayList<>();
    having(model, oid).forEach(each -> tids.add(0, new Tid(each.tid())));
    return tids;
  }

  private static InvalidationsResult invalidations(NaiveStorage model, long since) {
    TreeSet<Oid> changed = new TreeSet<>();
    model.transactions.stream()
        .filter(each -> each.tid() > since)
        .forEach(each -> changed.addAll(each.contents().keySet()));
    return new InvalidationsResult.Complete(new Tid(model.lastTid()), List.copyOf(changed));
  }

  private static Outcome withoutMessage(Outcome outcome) {
    return outcome instanceof Rejected rejected ? NaiveGroup.rejected(rejected.reason()) : outcome;
  }
}
