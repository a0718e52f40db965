package io.troika.server.storage.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.ChangeSet.NewRevision;
import io.troika.server.core.model.BlobId;
import io.troika.server.core.model.BlobReference;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StagedData;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What the map of newest revisions holds and what it must not. */
class NewestRevisionsTest {
  private static final StorageId STORAGE = new StorageId(1);
  private static final Oid A = new Oid(1);

  private final NewestRevisions newest = new NewestRevisions(1 << 20);

  private static NewRevision written(long tid, int bytes) {
    return new NewRevision(
        STORAGE, StoredRevision.data(A, new Tid(tid), Bytes.wrap(new byte[bytes])));
  }

  private void write(NewRevision... revisions) {
    newest.writing(List.of(revisions));
    assertThat(newest.of(STORAGE, A)).as("while the database is written").isNull();
    newest.written(List.of(revisions));
  }

  @Test
  void written_twiceInOneEntry_isTheLast() {
    write(written(1, 10), written(2, 20));
    assertThat(newest.of(STORAGE, A)).isEqualTo(written(2, 20).revision());
  }

  @Test
  void written_tooLarge_leavesNothingOlder() {
    write(written(1, 10));
    write(written(2, 10), written(3, NewestRevisions.OBJECT_BYTES_MAX + 1));
    assertThat(newest.of(STORAGE, A)).isNull();
  }

  @Test
  void written_withABlob_isKeptWithIt() {
    BlobId id = new BlobId(new TransactionId(new UUID(0, 1), 1), 0);
    StoredRevision revision =
        StoredRevision.data(A, new Tid(1), Bytes.utf8("x"), BlobReference.empty(id, 4));
    write(new NewRevision(STORAGE, revision));
    assertThat(newest.of(STORAGE, A)).isEqualTo(revision);
  }

  @Test
  void written_withDataInAStage_isAskedOfTheDatabase() {
    BlobId id = new BlobId(new TransactionId(new UUID(0, 1), 1), 0);
    write(written(1, 10));
    write(
        new NewRevision(
            STORAGE,
            StoredRevision.written(A, new Tid(2), null, null, new StagedData(id, 4, 0, 9))));
    assertThat(newest.of(STORAGE, A)).isNull();
  }

  @Test
  void written_absent_isKept() {
    write(written(1, 10));
    write(new NewRevision(STORAGE, StoredRevision.absent(A, new Tid(2))));
    assertThat(newest.of(STORAGE, A)).isEqualTo(StoredRevision.absent(A, new Tid(2)));
  }

  @Test
  void written_partOfALargeEntry_doesNotKeepIt() {
    byte[] entry = new byte[1 << 16];
    StoredRevision part = StoredRevision.data(A, new Tid(1), Bytes.wrap(entry, 100, 10));
    write(new NewRevision(STORAGE, part));
    entry[105] = 1;
    assertThat(newest.of(STORAGE, A)).isEqualTo(written(1, 10).revision());
  }
}
