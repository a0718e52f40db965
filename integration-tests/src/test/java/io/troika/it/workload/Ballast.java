package io.troika.it.workload;

import io.troika.client.Bytes;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Makes a store large: objects of bytes that do not compress, in transactions of 1 MiB. */
public final class Ballast {
  private static final int OBJECT_BYTES = 64 << 10;
  private static final int OBJECTS_PER_TRANSACTION = 16;

  private Ballast() {}

  /**
   * Commits that much, one transaction after the other.
   *
   * @return the objects, in the order of their transactions
   */
  public static List<Oid> load(ObjectStore store, int megabytes) {
    Random random = new Random(11);
    List<Oid> oids = new ArrayList<>();
    for (int i = 0; i < megabytes; i++) {
      oids.addAll(
          store.run(
              transaction -> {
                List<Oid> created = new ArrayList<>();
                for (int j = 0; j < OBJECTS_PER_TRANSACTION; j++) {
                  byte[] bytes = new byte[OBJECT_BYTES];
                  random.nextBytes(bytes);
                  created.add(transaction.create(Bytes.wrap(bytes)));
                }
                return created;
              }));
    }
    return oids;
  }
}
