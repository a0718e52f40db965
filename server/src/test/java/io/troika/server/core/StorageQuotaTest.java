package io.troika.server.core;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.Outcome.Committed;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.command.Outcome.StorageCreated;
import io.troika.server.core.command.PackWork.PackStep;
import io.troika.server.core.command.PackWork.StartPack;
import io.troika.server.core.command.StorageChange.ReplaceStorage;
import io.troika.server.core.command.StorageChange.SetQuota;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The size that a storage keeps of itself, and what it may become. */
final class StorageQuotaTest extends BlobFixture {
  private static final int RECORD_BYTES = "record".length();

  @Test
  void size_isDataAndBlobsOfRevisions_butNotWhatIsStaged() {
    stage(1, 0, "abc");
    assertThat(main().sizeBytes()).isZero();

    commit(1, 10, blob(1, "abc"));
    stage(2, 0, "lost");
    assertThat(main().blobBytes()).isEqualTo(3);
    assertThat(main().sizeBytes()).isEqualTo(RECORD_BYTES + 3);
  }

  @Test
  void blobThatSeveralRevisionsHave_countsOnce_andGoesWithTheLastOne() {
    BlobReference shared = blob(1, "abc");
    stage(1, 0, "abc");
    commit(1, 10, shared);
    stage(2, 0, "de");
    commit(2, 20, blob(2, "de"));
    // The undo shares with the revision at 10; the pack gives it data and blob of its own.
    apply(transaction(3, 30, List.of(), List.of(new Tid(20))));
    assertThat(main().blobBytes()).isEqualTo(5);

    pack(30);
    assertThat(main().blobBytes()).isEqualTo(3);
    assertThat(main().sizeBytes()).isEqualTo(RECORD_BYTES + 3);

    stage(4, 0, "f");
    commit(4, 40, blob(4, "f"));
    pack(40);
    assertThat(main().blobBytes()).isEqualTo(1);
  }

  @Test
  void quota_isKept_untilItIsTakenAway() {
    assertThat(main().hasQuota()).isFalse();

    assertThat(apply(new SetQuota(MAIN, 100))).isEqualTo(new StorageCreated(main(), false));
    commit(1, 10, staged(1, "abc"));
    assertThat(main().roomBytes()).isEqualTo(100 - RECORD_BYTES - 3);
    apply(new SetQuota(MAIN, 5));
    assertThat(main().roomBytes()).isZero();

    apply(new SetQuota(MAIN, StorageState.NO_QUOTA));
    assertThat(main().hasQuota()).isFalse();
    assertRejected(apply(new SetQuota(new StorageId(99), 1)), Reason.UNKNOWN_STORAGE);
  }

  @Test
  void storageThatTakesAnothersPlace_hasItsQuotaAndItsOwnSize() {
    apply(new SetQuota(OTHER, 1));
    commit(1, 10, staged(1, "abc"));

    ReplaceStorage replace =
        new ReplaceStorage(
            id(9),
            OTHER,
            1,
            Tid.MAX,
            MAIN,
            new Tid(10),
            Tid.NONE,
            new Tid(50),
            TransactionMetadata.EMPTY);
    assertThat(apply(replace)).isEqualTo(new Committed(new Tid(50)));

    assertThat(main().name()).isEqualTo("other");
    assertThat(main().quotaBytes()).isEqualTo(1);
    assertThat(main().sizeBytes()).isEqualTo(RECORD_BYTES + 3);
  }

  private BlobReference staged(int transaction, String text) {
    stage(transaction, 0, text);
    return blob(transaction, text);
  }

  private StorageState main() {
    return requireNonNull(store.storage(MAIN));
  }

  private void pack(long horizon) {
    apply(new StartPack(MAIN, new Tid(horizon), false));
    while (requireNonNull(store.pack(MAIN)).isRunning()) {
      apply(new PackStep(MAIN, new Tid(horizon), 100, 1_000));
    }
  }
}
