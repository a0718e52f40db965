package io.troika.server.core.simulation;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.core.model.TransactionRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** Picks what entries are made of: mostly what fits the state, and now and then what does not. */
final class RandomParts {
  private static final long[] OIDS = {0, 1, 2, 3, 5, 0x100, -2};
  private static final String[] VALUES = {"", "x", "y", "zz"};
  private static final int TRANSACTION_IDS = 250;

  private final Random random;
  private final RevisionReader state;
  private final List<Tid> tidsOfEntry = new ArrayList<>();

  /**
   * For one entry.
   *
   * @param state of the group before it
   */
  RandomParts(Random random, RevisionReader state) {
    this.random = random;
    this.state = state;
  }

  StorageId storage() {
    List<StorageState> storages = state.storages();
    boolean renumbered = storages.isEmpty() || storages.get(0).id().value() > 1;
    if (renumbered && !storages.isEmpty() && random.nextInt(4) > 0) {
      return storages.get(random.nextInt(storages.size())).id();
    }
    int created = state.group().nextStorageId() - 1;
    return new StorageId(1 + (created > 1 && random.nextInt(4) == 0 ? random.nextInt(3) : 0));
  }

  TransactionId id() {
    return new TransactionId(new UUID(random.nextInt(2) - 1, 5), random.nextInt(TRANSACTION_IDS));
  }

  Oid oid() {
    return random.nextInt(300) == 0 ? Oid.MAX : new Oid(OIDS[random.nextInt(OIDS.length)]);
  }

  Bytes value() {
    return Bytes.utf8(pick(VALUES));
  }

  TransactionMetadata metadata() {
    return new TransactionMetadata(value(), value(), value());
  }

  /** Such a tid is in the entry already. */
  void chosen(Tid tid) {
    tidsOfEntry.add(tid);
  }

  Tid lastTid(StorageId storage) {
    StorageState found = state.storage(storage);
    return found == null ? Tid.NONE : found.lastTid();
  }

  /** Mostly after the last transaction, and after those of this entry. */
  Tid candidate(StorageId storage) {
    long last = lastTid(storage).value();
    return new Tid(Math.max(0, last + random.nextInt(8) - 1 + tidsOfEntry.size()));
  }

  Tid serial(StorageId storage, Oid oid) {
    int choice = random.nextInt(20);
    if (choice == 0) {
      return Tid.NONE;
    }
    if (choice == 1) {
      return new Tid(random.nextInt(50));
    }
    if (choice < 4 && !tidsOfEntry.isEmpty()) {
      return tidsOfEntry.get(random.nextInt(tidsOfEntry.size()));
    }
    List<StoredRevision> history = state.history(storage, oid, Tid.MAX, 3);
    if (history.isEmpty()) {
      return Tid.NONE;
    }
    int age = choice < 6 ? random.nextInt(history.size()) : 0;
    return history.get(age).tid();
  }

  Tid knownTid(StorageId storage) {
    List<TransactionRecord> newest = state.transactionsBackwards(storage, Tid.MAX, 6);
    int choice = random.nextInt(20);
    if (choice == 0 || newest.isEmpty()) {
      return new Tid(random.nextInt(50));
    }
    if (choice < 4 && !tidsOfEntry.isEmpty()) {
      return tidsOfEntry.get(random.nextInt(tidsOfEntry.size()));
    }
    return newest.get(random.nextInt(newest.size())).tid();
  }

  String pick(String[] choices) {
    return choices[random.nextInt(choices.length)];
  }
}
