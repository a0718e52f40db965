package io.troika.server.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.ChangeSet.NewRevision;
import io.troika.server.core.ChangeSet.NewTransaction;
import io.troika.server.core.PackChanges.RemovedRevision;
import io.troika.server.core.PackChanges.RemovedTransaction;
import io.troika.server.core.model.AccessGrant;
import io.troika.server.core.model.AccessKey;
import io.troika.server.core.model.AccessList;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.GroupCatalog;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.PackState.Removed;
import io.troika.server.core.model.Permission;
import io.troika.server.core.model.RevisionHead;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.core.model.TransactionRecord;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The part of {@link RevisionStoreContract} that is about packing, and about who may do what. */
abstract class PackStoreContract extends BlobStoreContract {
  @Test
  void heads_severalObjects_areByOidThenNewestFirst() {
    writeRevisions(ONE, data(B, 5, "b5"), data(A, 10, "a"), shared(A, 20, 10), absent(A, 30));
    writeRevisions(TWO, data(A, 11, "other"));

    assertThat(store.heads(ONE, Oid.ROOT, Tid.MAX, 10, 100))
        .containsExactly(
            RevisionHead.of(absent(A, 30)),
            RevisionHead.of(shared(A, 20, 10)),
            RevisionHead.of(data(A, 10, "a")),
            RevisionHead.of(data(B, 5, "b5")));
    assertThat(store.heads(ONE, A, tid(20), 10, 100))
        .containsExactly(RevisionHead.of(data(A, 10, "a")), RevisionHead.of(data(B, 5, "b5")));
    assertThat(store.heads(ONE, A, Tid.NONE, 10, 100))
        .containsExactly(RevisionHead.of(data(B, 5, "b5")));
    assertThat(store.heads(ONE, B, tid(5), 10, 100)).isEmpty();
    assertThat(store.heads(ONE, Oid.MAX, Tid.NONE, 10, 100)).isEmpty();
  }

  @Test
  void heads_limitOfRowsOrBytesReached_end() {
    writeRevisions(ONE, data(A, 10, "aaaa"), data(A, 20, "bb"), data(B, 30, "c"));

    assertThat(store.heads(ONE, Oid.ROOT, Tid.MAX, 1, 100)).hasSize(1);
    assertThat(store.heads(ONE, Oid.ROOT, Tid.MAX, 10, 2)).hasSize(1);
    assertThat(store.heads(ONE, Oid.ROOT, Tid.MAX, 10, 3)).hasSize(2);
    assertThat(store.heads(ONE, Oid.ROOT, Tid.MAX, 10, 7)).hasSize(3);
  }

  @Test
  void packChanges_written_replaceAndRemove() {
    writeRevisions(ONE, data(A, 10, "x"), shared(A, 20, 10), data(B, 20, "b"), absent(B, 30));
    writeTransactions(ONE, transaction(10), transaction(20), transaction(30));
    PackState state =
        PackState.begun(ONE, tid(31), tid(30), true).at(A, tid(7), new Removed(1, 2, 3, 4));
    TransactionRecord packed =
        new TransactionRecord(
            tid(20), 'p', TransactionMetadata.EMPTY, List.of(A), 1, transaction(20).id());

    // What was newest is asked for before, so that a store that remembers it has it in mind.
    assertThat(store.newestBefore(ONE, A, Tid.MAX)).isEqualTo(shared(A, 20, 10));
    pack(
        new PackChanges(
            List.of(new NewRevision(ONE, data(A, 20, "x"))),
            List.of(
                new RemovedRevision(ONE, A, tid(10)),
                new RemovedRevision(ONE, B, tid(20)),
                new RemovedRevision(ONE, B, tid(30))),
            List.of(new NewTransaction(ONE, packed)),
            List.of(new RemovedTransaction(ONE, tid(10)), new RemovedTransaction(ONE, tid(30))),
            List.of(state)));

    assertThat(store.newestBefore(ONE, A, Tid.MAX)).isEqualTo(data(A, 20, "x"));
    assertThat(store.history(ONE, A, Tid.MAX, 10)).containsExactly(data(A, 20, "x"));
    assertThat(store.newestBefore(ONE, B, Tid.MAX)).isNull();
    assertThat(store.at(ONE, B, tid(20))).isNull();
    assertThat(store.oids(ONE, Oid.ROOT, 10)).containsExactly(A);
    assertThat(store.heads(ONE, Oid.ROOT, Tid.MAX, 10, 100)).hasSize(1);
    assertThat(store.transactions(ONE, Tid.NONE, Tid.MAX, 10)).containsExactly(packed);
    assertThat(store.pack(ONE)).isEqualTo(state);
    assertThat(store.pack(TWO)).isNull();
    assertThat(store.storages()).isEmpty();
  }

  @Test
  void access_isReplacedAsAWholeAndKeptOtherwise() {
    AccessList access =
        AccessList.EMPTY.with(
            new AccessGrant(
                new AccessKey(AccessKey.Kind.CERTIFICATE, "backend"),
                List.of(Permission.READ),
                List.of("main"),
                0,
                Bytes.EMPTY));

    assertThat(store.access()).isEqualTo(AccessList.EMPTY);
    writeOther(PackChanges.NONE, BlobChanges.NONE, List.of(), access);
    assertThat(store.access()).isEqualTo(access);
    writeTransactions(ONE, transaction(10));
    assertThat(store.access()).isEqualTo(access);
  }

  @Test
  void catalog_isReplacedAsAWholeAndKeptOtherwise() {
    GroupCatalog catalog =
        GroupCatalog.EMPTY
            .with(
                new GroupInfo(
                    "g1",
                    new UUID(1, 2),
                    7,
                    List.of(new GroupInfo.Member("n1", "h:1", "h:2", "h:3"))))
            .placed("away", "g1");

    assertThat(store.catalog()).isEqualTo(GroupCatalog.EMPTY);
    writeCatalog(catalog);
    assertThat(store.catalog()).isEqualTo(catalog);
    writeTransactions(ONE, transaction(10));
    assertThat(store.catalog()).isEqualTo(catalog);
  }

  private void pack(PackChanges changes) {
    writeOther(changes, BlobChanges.NONE, List.of(), null);
  }
}
