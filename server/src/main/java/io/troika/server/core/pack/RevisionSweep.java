package io.troika.server.core.pack;

import static io.troika.server.core.model.Checks.checkInvariant;
import static java.util.Objects.requireNonNull;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.PackState.Phase;
import io.troika.server.core.model.RevisionHead;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StoredRevision;
import io.troika.server.core.model.StoredRevision.Kind;
import io.troika.server.core.model.Tid;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Plans the removal of old revisions, by the rules of FileStorage's pack. Of each object stays what
 * was written after the horizon, and its <em>base</em>: the newest revision up to the horizon. A
 * base that says that the object is absent goes too.
 *
 * <p>What stays must not share data with what goes. Revisions of an object come newest first, so
 * each that shares is met, and given data of its own, before what it shares with. Nothing new can
 * come to share with what goes, see {@link PackedOrigins}.
 */
public final class RevisionSweep {
  private final RevisionReader reader;
  private final StorageId storage;
  private final Tid horizon;
  private final PackDraft draft;
  private long bytesLeft;

  private Oid oid;
  private Tid before;
  // Of the object oid, if its base has been passed and is absent.
  private @Nullable RevisionHead absentBase;
  // The last object whose base got data of its own in this step.
  private @Nullable Oid baseGiven;

  private RevisionSweep(RevisionReader reader, PackState state, PackDraft draft, long bytesMax) {
    this.reader = reader;
    this.storage = state.storage();
    this.horizon = state.horizon();
    this.draft = draft;
    this.bytesLeft = bytesMax;
    this.oid = state.oid();
    this.before = state.tid();
    if (before.compareTo(horizon) <= 0) {
      StoredRevision base = reader.unreadBefore(storage, oid, after(horizon));
      this.absentBase = base != null && base.isAbsent() ? RevisionHead.of(base) : null;
    }
  }

  /**
   * Plans one step.
   *
   * @return the state after it
   */
  public static PackState plan(
      RevisionReader reader, PackState state, PackDraft draft, int rowsMax, long bytesMax) {
    List<RevisionHead> heads =
        reader.heads(state.storage(), state.oid(), state.tid(), rowsMax, bytesMax);
    RevisionSweep sweep = new RevisionSweep(reader, state, draft, bytesMax);
    if (heads.isEmpty()) {
      sweep.finishObject();
      return state
          .at(state.oid(), state.tid(), draft.removed())
          .in(state.collectGarbage() ? Phase.GARBAGE : Phase.TRANSACTIONS);
    }
    for (RevisionHead head : heads) {
      if (sweep.bytesLeft <= 0) {
        break;
      }
      sweep.take(head);
    }
    return state.at(sweep.oid, sweep.before, draft.removed());
  }

  private void take(RevisionHead head) {
    if (!head.oid().equals(oid)) {
      finishObject();
    }
    // The last one that was taken tells whether the base of its object was among them.
    boolean behindBase = head.oid().equals(oid) && before.compareTo(horizon) <= 0;
    if (head.tid().compareTo(horizon) > 0) {
      keepNewer(head);
    } else if (behindBase) {
      draft.remove(head);
    } else {
      takeBase(head);
    }
    oid = head.oid();
    before = head.tid();
    bytesLeft -= head.dataBytes();
  }

  private void finishObject() {
    if (absentBase != null) {
      draft.remove(absentBase);
      absentBase = null;
    }
  }

  private void keepNewer(RevisionHead head) {
    if (head.kind() != Kind.SHARED || head.dataTid().compareTo(horizon) > 0) {
      return;
    }
    StoredRevision base = reader.unreadBefore(storage, head.oid(), after(horizon));
    if (base == null || !base.dataTid().equals(head.dataTid())) {
      giveData(head);
    } else if (base.kind() == Kind.SHARED) {
      giveBaseData(RevisionHead.of(base));
      draft.rewrite(StoredRevision.shared(head.oid(), head.tid(), base.tid()));
    }
  }

  /** In the same step in which somebody comes to share with it, and once only. */
  private void giveBaseData(RevisionHead base) {
    if (!base.oid().equals(baseGiven)) {
      giveData(base);
      baseGiven = base.oid();
    }
  }

  private void takeBase(RevisionHead head) {
    if (head.kind() == Kind.SHARED) {
      giveBaseData(head);
    } else if (head.kind() == Kind.ABSENT) {
      absentBase = head;
    } else if (head.stage() != null) {
      settle(head);
    }
  }

  /** What stays of a large transaction moves out of its stage, which goes with the last of it. */
  private void settle(RevisionHead head) {
    @Nullable StoredRevision base = reader.at(storage, head.oid(), head.tid());
    checkInvariant(
        base != null && base.data() != null,
        "oid %s at %s: its data is not in its stage",
        head.oid(),
        head.tid());
    draft.settle(requireNonNull(base));
  }

  private void giveData(RevisionHead head) {
    @Nullable StoredRevision origin = reader.at(storage, head.oid(), head.dataTid());
    checkInvariant(
        origin != null && origin.data() != null,
        "oid %s at %s shares the data of %s, which has none",
        head.oid(),
        head.tid(),
        head.dataTid());
    Bytes data = requireNonNull(requireNonNull(origin).data());
    draft.rewrite(StoredRevision.data(head.oid(), head.tid(), data, origin.blob()));
    bytesLeft -= data.size();
  }

  static Tid after(Tid tid) {
    return new Tid(tid.value() + 1);
  }
}
