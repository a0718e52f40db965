package io.troika.server.core.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.CommitListener;
import io.troika.server.core.StorageCore;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.digest.StateVerification;
import io.troika.server.core.model.BlobKey;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.BlobState;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.mvcc.BlobReads;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;

/**
 * What must hold of blobs after each entry, whatever was staged, committed, undone, packed and left
 * to expire: every blob that a revision has can be read whole, as many revisions have it as it
 * says, and nothing is kept that nobody has.
 */
final class BlobInvariantTest {
  private static final int NO_LIMIT = 10_000;

  private final MemoryRevisionStore store = new MemoryRevisionStore();
  private final StorageCore core =
      new StorageCore(store, CommitListener.NONE, ToyReferences.FINDER);
  private final BlobReads reads = new BlobReads(store);
  private long index;

  @Property(tries = 400, shrinking = ShrinkingMode.BOUNDED)
  void blobs_afterEachEntry_areThoseThatRevisionsHave(
      @ForAll @Size(min = 20, max = 120) List<Long> seeds) {
    BlobInvariantTest test = new BlobInvariantTest();
    test.apply(SimulatedLog.FIRST);
    for (long seed : seeds) {
      test.apply(RandomEntries.nextWithStorages(new Random(seed), test.store));
      test.check();
    }
  }

  private void apply(LogEntry entry) {
    core.apply(new LogPosition(1, index++), entry);
  }

  private void check() {
    Map<BlobKey, Long> references = new TreeMap<>();
    for (StorageState storage : store.storages()) {
      for (Oid oid : store.oids(storage.id(), Oid.ROOT, NO_LIMIT)) {
        for (StoredRevision each : store.history(storage.id(), oid, Tid.MAX, NO_LIMIT)) {
          check(storage.id(), each, references);
        }
      }
    }
    for (StorageState storage : store.storages()) {
      assertThat(StateVerification.verify(store, storage.id())).isEmpty();
    }
    Map<BlobKey, Long> kept = new TreeMap<>();
    store.blobs(null, NO_LIMIT).forEach(each -> kept.put(each.key(), each.references()));
    assertThat(kept).isEqualTo(references);
    assertThat(store.stagedBlobs()).allMatch(BlobState::isStaged);
    store.stagedBlobs().forEach(each -> checkContent(each.storage(), each.content()));
  }

  private void check(StorageId storage, StoredRevision revision, Map<BlobKey, Long> references) {
    @Nullable BlobReference blob = revision.blob();
    if (blob != null) {
      references.merge(new BlobKey(storage, blob.id()), 1L, Long::sum);
    }
    @Nullable StagedData staged = revision.staged();
    if (staged != null) {
      references.merge(new BlobKey(storage, staged.stage()), 1L, Long::sum);
    }
    @Nullable BlobReference read = reads.at(storage, revision.oid(), revision.tid());
    if (read != null) {
      checkContent(storage, read);
    }
  }

  private void checkContent(StorageId storage, BlobReference blob) {
    BlobReference found = BlobReference.empty(blob.id(), blob.chunkBytes());
    while (found.length() < blob.length()) {
      @Nullable Bytes chunk = reads.read(storage, blob, found.length(), blob.chunkBytes());
      assertThat(chunk).as("blob %s at %s", blob.id(), found.length()).isNotNull();
      found = found.with(chunk == null ? Bytes.EMPTY : chunk);
    }
    assertThat(found).isEqualTo(blob);
  }
}
