package io.troika.server.core.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.CommitListener;
import io.troika.server.core.StorageCore;
import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.CommitTogether;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.command.Command.Share;
import io.troika.server.core.command.Command.StageChunk;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.digest.ReplicaDigest;
import io.troika.server.core.digest.StateVerification;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;

/**
 * Transactions whose data is staged ahead do what the same transactions do with their data in them:
 * conflicts, undos, copies, packs and what is read afterwards, whatever comes in between.
 */
final class StagedTwinTest {
  private static final int CHUNK_BYTES = 3;
  private static final StageChunk.Terms TERMS = new StageChunk.Terms(1_000_000, 10_000, 10_000);
  private static final int NO_LIMIT = 1_000;

  private final MemoryRevisionStore store = new MemoryRevisionStore();
  private final StorageCore core =
      new StorageCore(store, CommitListener.NONE, ToyReferences.FINDER);
  private final MemoryRevisionStore twinStore = new MemoryRevisionStore();
  private final StorageCore twin =
      new StorageCore(twinStore, CommitListener.NONE, ToyReferences.FINDER);
  private long index;
  private long twinIndex;
  // Ids come again here when their outcomes are forgotten; the ids of stages must not.
  private int parts;

  @Property(tries = 1_500, shrinking = ShrinkingMode.BOUNDED)
  void stagedTransactions_atAnyMoment_areAsThoseWithTheirData(
      @ForAll @Size(min = 5, max = 60) List<Long> seeds) {
    StagedTwinTest test = new StagedTwinTest();
    test.apply(SimulatedLog.FIRST, new Random(1));
    for (long seed : seeds) {
      Random random = new Random(seed);
      test.apply(RandomEntries.nextOrPack(random, test.store), random);
    }
    test.compareHistories();
  }

  private void apply(LogEntry entry, Random random) {
    List<Outcome> outcomes = core.apply(new LogPosition(1, index++), entry);
    Set<TransactionId> seen = new HashSet<>();
    List<Command> staged = new ArrayList<>();
    for (Command command : entry.commands()) {
      staged.add(stage(command, seen, random));
    }
    List<Outcome> twinOutcomes =
        twin.apply(
            new LogPosition(1, twinIndex++),
            new LogEntry(entry.timeMillis(), entry.outcomeRetentionMillis(), staged));
    assertThat(twinOutcomes).isEqualTo(outcomes);
    assertThat(twinStore.stagedBlobs()).isEmpty();
    compare();
  }

  private Command stage(Command command, Set<TransactionId> seen, Random random) {
    if (command instanceof CommitTransaction commit && isNew(commit.id(), commit.storage(), seen)) {
      Stage stage = new Stage(commit.id());
      List<Write> writes = stage(commit.writes(), stage, random);
      return new CommitTransaction(
          commit.id(),
          commit.storage(),
          commit.candidate(),
          commit.metadata(),
          commit.reads(),
          writes,
          commit.deletes(),
          commit.undos(),
          stage.send(commit.storage()));
    }
    if (command instanceof CommitTogether together && areNew(together, seen)) {
      List<Share> shares =
          together.shares().stream().map(each -> stage(together.id(), each, random)).toList();
      return new CommitTogether(together.id(), together.candidate(), together.metadata(), shares);
    }
    if (command instanceof RestoreTransactions restore
        && isNew(restore.id(), restore.storage(), seen)) {
      Stage stage = new Stage(restore.id());
      List<RestoredTransaction> transactions =
          restore.transactions().stream().map(each -> stage(each, stage, random)).toList();
      return new RestoreTransactions(
          restore.id(), restore.storage(), transactions, stage.send(restore.storage()));
    }
    return command;
  }

  /** Each share in its own storage. */
  private Share stage(TransactionId id, Share share, Random random) {
    Stage stage = new Stage(id);
    List<Write> writes = stage(share.writes(), stage, random);
    return new Share(
        share.storage(),
        share.reads(),
        writes,
        share.deletes(),
        share.undos(),
        stage.send(share.storage()));
  }

  private static List<Write> stage(List<Write> writes, Stage stage, Random random) {
    List<Write> staged = new ArrayList<>();
    for (Write each : writes) {
      @Nullable StagedData data = stage.add(each.data(), random);
      staged.add(data == null ? each : new Write(each.oid(), each.serial(), null, null, data));
    }
    return staged;
  }

  private static RestoredTransaction stage(
      RestoredTransaction transaction, Stage stage, Random random) {
    List<RestoredRevision> revisions = new ArrayList<>();
    for (RestoredRevision each : transaction.revisions()) {
      @Nullable StagedData data = stage.add(each.data(), random);
      revisions.add(data == null ? each : new RestoredRevision(each.oid(), null, null, null, data));
    }
    return new RestoredTransaction(
        transaction.tid(), transaction.status(), transaction.metadata(), revisions);
  }

  /** What is staged for a transaction that has an outcome, or for none, is not taken. */
  private boolean isNew(TransactionId id, StorageId storage, Set<TransactionId> seen) {
    return seen.add(id) && twinStore.outcome(id) == null && twinStore.storage(storage) != null;
  }

  /** Not where a storage is unknown: nothing can be staged there. */
  private boolean areNew(CommitTogether together, Set<TransactionId> seen) {
    return together.shares().stream().allMatch(each -> twinStore.storage(each.storage()) != null)
        && isNew(together.id(), together.shares().get(0).storage(), seen);
  }

  /** Data of one transaction, one after the other. */
  private final class Stage {
    private final BlobId id;
    private final StringBuilder text = new StringBuilder();

    Stage(TransactionId transaction) {
      this.id = new BlobId(transaction, parts++);
    }

    /** Where it is; null if it goes with its record. */
    @Nullable StagedData add(@Nullable Bytes data, Random random) {
      if (data == null || data.isEmpty() || random.nextInt(5) == 0) {
        return null;
      }
      int offset = text.length();
      text.append(data.toUtf8());
      return new StagedData(id, CHUNK_BYTES, offset, data.size());
    }

    List<BlobReference> send(StorageId storage) {
      BlobReference content = BlobReference.empty(id, CHUNK_BYTES);
      for (int from = 0; from < text.length(); from += CHUNK_BYTES) {
        Bytes chunk = Bytes.utf8(text.substring(from, Math.min(text.length(), from + CHUNK_BYTES)));
        // No time passes, or more would be forgotten than in the store beside it.
        LogEntry entry =
            new LogEntry(
                twinStore.group().logTimeMillis(),
                1,
                List.of(new StageChunk(storage, id, CHUNK_BYTES, from, chunk, TERMS)));
        content = content.with(chunk);
        assertThat(twin.apply(new LogPosition(1, twinIndex++), entry))
            .containsExactly(new Outcome.Staged(content));
      }
      return content.length() == 0 ? List.of() : List.of(content);
    }
  }

  private void compare() {
    assertThat(twinStore.storages()).isEqualTo(store.storages());
    for (StorageState storage : store.storages()) {
      assertThat(new ReplicaDigest(twinStore).storage(storage.id(), storage.lastTid()))
          .isEqualTo(new ReplicaDigest(store).storage(storage.id(), storage.lastTid()));
      assertThat(StateVerification.verify(twinStore, storage.id())).isEmpty();
    }
  }

  private void compareHistories() {
    for (StorageState storage : store.storages()) {
      for (Oid oid : store.oids(storage.id(), Oid.ROOT, NO_LIMIT)) {
        assertThat(
                twinStore.history(storage.id(), oid, Tid.MAX, NO_LIMIT).stream()
                    .map(each -> each.data() == null ? each : each.settled()))
            .containsExactlyElementsOf(store.history(storage.id(), oid, Tid.MAX, NO_LIMIT));
      }
    }
  }
}
