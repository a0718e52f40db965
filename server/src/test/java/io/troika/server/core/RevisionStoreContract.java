package io.troika.server.core;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.GroupState;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.ObjectSerial;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.core.model.TransactionRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What every {@link RevisionStore} must do; a subclass only says how to make one. */
public abstract class RevisionStoreContract extends WriteStoreContract {
  @Test
  void emptyStore_everyRead_answersNothing() {
    assertThat(store.group()).isEqualTo(GroupState.INITIAL);
    assertThat(store.storages()).isEmpty();
    assertThat(store.storage(ONE)).isNull();
    assertThat(store.newestBefore(ONE, A, Tid.MAX)).isNull();
    assertThat(store.at(ONE, A, tid(1))).isNull();
    assertThat(store.nextTid(ONE, A, Tid.NONE)).isNull();
    assertThat(store.history(ONE, A, Tid.MAX, 10)).isEmpty();
    assertThat(store.oids(ONE, Oid.ROOT, 10)).isEmpty();
    assertThat(store.transaction(ONE, tid(1))).isNull();
    assertThat(store.transactions(ONE, Tid.NONE, Tid.MAX, 10)).isEmpty();
    assertThat(store.transactionsBackwards(ONE, Tid.MAX, 10)).isEmpty();
    assertThat(store.blob(key(1))).isNull();
    assertThat(store.blobChunk(key(1), 0)).isNull();
    assertThat(store.stagedBlobs()).isEmpty();
    assertThat(store.blobs(null, 10)).isEmpty();
    assertThat(store.outcome(id(1))).isNull();
    assertThat(store.outcomes(null, 10)).isEmpty();
    assertThat(store.expiredOutcomes(Long.MAX_VALUE, 10)).isEmpty();
  }

  @Test
  void group_afterWrite_isThatOfTheChangeSet() {
    GroupState group = new GroupState(new LogPosition(3, 17), 5, 1_234_567_890_123L);

    store.write(new ChangeSet(group, List.of(), List.of(), List.of(), List.of(), List.of()));

    assertThat(store.group()).isEqualTo(group);
  }

  @Test
  void newestBefore_severalRevisions_takesTheNewestBelowTheBound() {
    writeRevisions(ONE, data(A, 10, "ten"), shared(A, 20, 10), absent(A, 30));

    assertThat(store.newestBefore(ONE, A, tid(10))).isNull();
    assertThat(store.newestBefore(ONE, A, tid(11))).isEqualTo(data(A, 10, "ten"));
    assertThat(store.newestBefore(ONE, A, tid(20))).isEqualTo(data(A, 10, "ten"));
    assertThat(store.newestBefore(ONE, A, tid(21))).isEqualTo(shared(A, 20, 10));
    assertThat(store.newestBefore(ONE, A, tid(31))).isEqualTo(absent(A, 30));
    assertThat(store.newestBefore(ONE, A, Tid.MAX)).isEqualTo(absent(A, 30));
    assertThat(store.newestBefore(ONE, A, Tid.NONE)).isNull();
  }

  @Test
  void newestSerials_someThereSomeNot_answersTheNewestOfThoseThatAre() {
    Oid c = new Oid(0xc);
    Oid d = new Oid(0xd);
    writeRevisions(ONE, data(A, 10, "a"), data(A, 20, "aa"), data(c, 10, "c"), data(d, 10, "d"));
    writeRevisions(ONE, absent(c, 30), shared(d, 30, 10), data(Oid.MAX, 30, "max"));
    writeRevisions(TWO, data(B, 10, "b"));
    writeRevisions(new StorageId(3), data(new Oid(0xe), 10, "e"));

    List<Oid> asked = List.of(Oid.ROOT, A, B, c, d, new Oid(0xe), new Oid(-2), Oid.MAX);
    assertThat(store.newestSerials(ONE, asked))
        .containsOnly(
            entry(A, ObjectSerial.of(data(A, 20, "aa"))),
            entry(c, ObjectSerial.of(absent(c, 30))),
            entry(d, ObjectSerial.of(shared(d, 30, 10))),
            entry(Oid.MAX, ObjectSerial.of(data(Oid.MAX, 30, "max"))));
    assertThat(store.newestSerials(ONE, List.of(d, Oid.MAX))).containsOnlyKeys(d, Oid.MAX);
    assertThat(store.newestSerials(TWO, asked)).containsOnlyKeys(B);
    assertThat(store.newestSerials(TWO, List.of(c, new Oid(0xe)))).isEmpty();
    assertThat(store.newestSerials(new StorageId(3), asked)).containsOnlyKeys(new Oid(0xe));
    assertThat(store.newestSerials(ONE, List.of())).isEmpty();
  }

  @Test
  void newestSerials_anyObjects_areThoseThatAreFoundOneByOne() {
    Random random = new Random(7);
    List<StoredRevision> written = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      String text = i % 5 == 0 ? "large".repeat(5_000) : "x" + i;
      written.add(data(new Oid(random.nextInt(400)), i + 1, text));
    }
    writeRevisions(ONE, written.toArray(StoredRevision[]::new));

    for (int step : new int[] {1, 2, 7, 50}) {
      List<Oid> asked = new ArrayList<>();
      Map<Oid, ObjectSerial> expected = new HashMap<>();
      for (int i = random.nextInt(step); i < 500; i += 1 + random.nextInt(step)) {
        Oid oid = new Oid(i);
        asked.add(oid);
        StoredRevision newest = store.newestBefore(ONE, oid, Tid.MAX);
        if (newest != null) {
          expected.put(oid, ObjectSerial.of(newest));
        }
      }
      assertThat(store.newestSerials(ONE, asked)).isEqualTo(expected);
    }
  }

  @Test
  void reads_neighbouringOidsAndStorages_doNotMix() {
    writeRevisions(ONE, data(A, 10, "a"), data(new Oid(0xc), 12, "c"));
    writeRevisions(TWO, data(B, 11, "b"));

    assertThat(store.newestBefore(ONE, B, Tid.MAX)).isNull();
    assertThat(store.newestBefore(TWO, A, Tid.MAX)).isNull();
    assertThat(store.nextTid(ONE, B, Tid.NONE)).isNull();
    assertThat(store.history(ONE, B, Tid.MAX, 10)).isEmpty();
    assertThat(store.oids(TWO, Oid.ROOT, 10)).containsExactly(B);
  }

  @Test
  void reads_extremeIds_areOrderedUnsigned() {
    Oid middle = new Oid(Long.MIN_VALUE);
    StorageId last = new StorageId(Integer.MAX_VALUE);
    Tid high = new Tid(Long.MAX_VALUE - 1);
    writeRevisions(
        last,
        data(Oid.MAX, 5, "max"),
        data(Oid.ROOT, 5, "root"),
        data(middle, 5, "middle"),
        StoredRevision.data(Oid.MAX, high, bytes("late")));

    assertThat(store.oids(last, Oid.ROOT, 10)).containsExactly(Oid.ROOT, middle, Oid.MAX);
    assertThat(store.oids(last, new Oid(1), 1)).containsExactly(middle);
    assertThat(store.newestBefore(last, Oid.MAX, Tid.MAX))
        .isEqualTo(StoredRevision.data(Oid.MAX, high, bytes("late")));
    assertThat(store.newestBefore(last, Oid.MAX, high)).isEqualTo(data(Oid.MAX, 5, "max"));
    assertThat(store.nextTid(last, Oid.MAX, tid(5))).isEqualTo(high);
  }

  @Test
  void at_exactTidOnly_isFound() {
    writeRevisions(ONE, data(A, 10, "ten"), shared(A, 20, 10));

    assertThat(store.at(ONE, A, tid(10))).isEqualTo(data(A, 10, "ten"));
    assertThat(store.at(ONE, A, tid(20))).isEqualTo(shared(A, 20, 10));
    assertThat(store.at(ONE, A, tid(15))).isNull();
    assertThat(store.at(ONE, B, tid(10))).isNull();
  }

  @Test
  void at_emptyAndLargeData_comeBackAsWritten() {
    byte[] large = new byte[3 << 20];
    for (int i = 0; i < large.length; i++) {
      large[i] = (byte) (i * 31);
    }
    StoredRevision big = StoredRevision.data(A, tid(1), Bytes.wrap(large));
    writeRevisions(ONE, big, StoredRevision.data(B, tid(1), Bytes.EMPTY));

    assertThat(store.at(ONE, A, tid(1))).isEqualTo(big);
    assertThat(store.at(ONE, B, tid(1))).isEqualTo(data(B, 1, ""));
  }

  @Test
  void nextTid_severalRevisions_isTheFirstAfter() {
    writeRevisions(ONE, data(A, 10, "x"), data(A, 20, "y"), absent(A, 30));

    assertThat(store.nextTid(ONE, A, Tid.NONE)).isEqualTo(tid(10));
    assertThat(store.nextTid(ONE, A, tid(10))).isEqualTo(tid(20));
    assertThat(store.nextTid(ONE, A, tid(19))).isEqualTo(tid(20));
    assertThat(store.nextTid(ONE, A, tid(20))).isEqualTo(tid(30));
    assertThat(store.nextTid(ONE, A, tid(30))).isNull();
  }

  @Test
  void history_boundAndLimit_areKept() {
    writeRevisions(ONE, data(A, 10, "x"), data(A, 20, "y"), absent(A, 30), data(A, 40, "z"));

    assertThat(store.history(ONE, A, Tid.MAX, 2)).containsExactly(data(A, 40, "z"), absent(A, 30));
    assertThat(store.history(ONE, A, tid(30), 5))
        .containsExactly(data(A, 20, "y"), data(A, 10, "x"));
    assertThat(store.history(ONE, A, tid(10), 5)).isEmpty();
  }

  @Test
  void oids_fromAndLimit_areKept() {
    writeRevisions(ONE, data(B, 10, "b"), data(A, 11, "a"), absent(A, 12), absent(new Oid(3), 13));

    assertThat(store.oids(ONE, Oid.ROOT, 10)).containsExactly(new Oid(3), A, B);
    assertThat(store.oids(ONE, A, 1)).containsExactly(A);
    assertThat(store.oids(ONE, new Oid(0xc), 10)).isEmpty();
    assertThat(store.oids(TWO, Oid.ROOT, 10)).isEmpty();
  }

  @Test
  void transaction_everyField_comesBackAsWritten() {
    byte[] longest = new byte[TransactionMetadata.FIELD_BYTES_MAX];
    longest[7] = (byte) 0xff;
    TransactionRecord odd =
        new TransactionRecord(
            tid(7),
            TransactionRecord.PACKED,
            new TransactionMetadata(bytes("user"), Bytes.wrap(longest), bytes("\u0080\u0002}")),
            List.of(A, Oid.MAX),
            123_456_789_012L,
            new TransactionId(new UUID(-1, Long.MIN_VALUE), Long.MAX_VALUE));
    writeTransactions(ONE, odd);

    assertThat(store.transaction(ONE, tid(7))).isEqualTo(odd);
    assertThat(store.transaction(ONE, tid(6))).isNull();
    assertThat(store.transaction(TWO, tid(7))).isNull();
  }

  @Test
  void transactions_boundsAndLimit_areKept() {
    writeTransactions(ONE, transaction(10), transaction(20), transaction(30), transaction(40));
    writeTransactions(TWO, transaction(25));

    assertThat(store.transactions(ONE, tid(10), tid(30), 10))
        .containsExactly(transaction(20), transaction(30));
    assertThat(store.transactions(ONE, Tid.NONE, Tid.MAX, 3))
        .containsExactly(transaction(10), transaction(20), transaction(30));
    assertThat(store.transactions(ONE, tid(40), Tid.MAX, 3)).isEmpty();
    assertThat(store.transactions(ONE, tid(30), tid(10), 3)).isEmpty();
    assertThat(store.transactions(ONE, tid(10), tid(10), 3)).isEmpty();
  }

  @Test
  void transactionsBackwards_boundAndLimit_areKept() {
    writeTransactions(ONE, transaction(10), transaction(20), transaction(30));
    writeTransactions(TWO, transaction(5));

    assertThat(store.transactionsBackwards(ONE, Tid.MAX, 2))
        .containsExactly(transaction(30), transaction(20));
    assertThat(store.transactionsBackwards(ONE, tid(30), 5))
        .containsExactly(transaction(20), transaction(10));
    assertThat(store.transactionsBackwards(ONE, tid(10), 5)).isEmpty();
    assertThat(store.transactionsBackwards(TWO, Tid.MAX, 5)).containsExactly(transaction(5));
  }

  @Test
  void storages_written_comeBackInIdOrder() {
    StorageState two =
        new StorageState(
            TWO,
            "\u00e9t\u00e9",
            new UUID(-2, 2),
            7,
            tid(9),
            Oid.MAX,
            tid(3),
            1L << 40,
            5,
            1L << 50);
    write(List.of(two, storage(ONE, "main", tid(4))), List.of(), List.of());

    assertThat(store.storages()).containsExactly(storage(ONE, "main", tid(4)), two);
    assertThat(store.storage(TWO)).isEqualTo(two);

    write(List.of(storage(ONE, "main", tid(8))), List.of(), List.of());

    assertThat(store.storages()).containsExactly(storage(ONE, "main", tid(8)), two);
  }

  @Test
  void storage_ofALaterEpoch_comesBackWithItsPlace() {
    StorageState replaced =
        storage(TWO, "x", tid(4)).inPlaceOf(storage(ONE, "main", tid(9)), tid(10));
    write(List.of(replaced), List.of(), List.of());

    assertThat(store.storage(TWO)).isEqualTo(replaced);
    assertThat(requireNonNull(store.storage(TWO)).place()).isEqualTo(ONE);
  }

  @Test
  void storage_dropped_isNotThereAndTheOthersAre() {
    write(List.of(storage(ONE, "main", tid(4)), storage(TWO, "b", tid(4))), List.of(), List.of());

    writeOther(PackChanges.NONE, BlobChanges.NONE, List.of(ONE), null);

    assertThat(store.storage(ONE)).isNull();
    assertThat(store.storages()).containsExactly(storage(TWO, "b", tid(4)));
  }

  @Test
  void closedStore_readOrWrite_fails() {
    store.close();

    assertThatThrownBy(() -> store.newestBefore(ONE, A, Tid.MAX))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> store.group()).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> writeRevisions(ONE, data(A, 1, "x")))
        .isInstanceOf(IllegalStateException.class);
  }
}
