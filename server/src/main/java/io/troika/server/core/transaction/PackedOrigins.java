package io.troika.server.core.transaction;

import io.troika.server.core.model.InvariantViolation;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.Tid;
import org.jspecify.annotations.Nullable;

/**
 * Who may still be shared with, once a storage is packed: what was written after the horizon, and
 * the newest revision of each object up to it. All else is about to go.
 */
public final class PackedOrigins {
  private PackedOrigins() {}

  /** Whether a revision stays, whatever the pack has done so far. */
  public static boolean stays(StorageView storage, StoredRevision revision) {
    Tid packTid = storage.packTid();
    if (revision.tid().compareTo(packTid) > 0) {
      return true;
    }
    @Nullable StoredRevision base =
        storage.newestBefore(revision.oid(), new Tid(packTid.value() + 1));
    return base != null && base.tid().equals(revision.tid());
  }

  /**
   * A revision at {@code later} with the content of {@code earlier}, which stays. It shares the
   * data if that stays where it is, and has a copy if not.
   */
  public static StoredRevision again(StorageView storage, StoredRevision earlier, Tid later) {
    boolean moves =
        earlier.kind() == StoredRevision.Kind.SHARED
            && earlier.dataTid().compareTo(storage.packTid()) <= 0;
    if (!moves) {
      return earlier.sharedAt(later);
    }
    Oid oid = earlier.oid();
    @Nullable StoredRevision origin = storage.origin(earlier);
    if (origin == null || origin.data() == null) {
      throw new InvariantViolation(
          "oid %s at %s shares the data of %s, which has none"
              .formatted(oid, earlier.tid(), earlier.dataTid()));
    }
    return StoredRevision.data(oid, later, origin.data(), origin.blob());
  }
}
