package io.troika.server.core.command;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;

/** What is done to whole storages. */
public sealed interface StorageChange extends Command {

  /**
   * Let one storage take the place of another, as the next epoch of that one's history: its name,
   * its identity, its place among the storages. The other one is gone. All of it shows at once,
   * with a transaction without objects that is newer than all that anybody saw of either.
   *
   * @param id of that transaction; the same id again gives the recorded outcome
   * @param storage the one that goes
   * @param epoch its epoch, or nothing happens
   * @param newestMax it must hold nothing newer; {@link Tid#NONE}: it must be empty; {@link
   *     Tid#MAX}: whatever it holds
   * @param by the one that takes its place
   * @param byLastTid its last transaction, or nothing happens
   * @param horizon its history before this is incomplete; {@link Tid#NONE}: as far as is known it
   *     is whole
   * @param candidate the tid that the leader proposes
   * @param metadata of the transaction
   */
  record ReplaceStorage(
      TransactionId id,
      StorageId storage,
      long epoch,
      Tid newestMax,
      StorageId by,
      Tid byLastTid,
      Tid horizon,
      Tid candidate,
      TransactionMetadata metadata)
      implements StorageChange {}

  /**
   * Drop a storage with all that is in it.
   *
   * @param epoch its epoch, or nothing happens
   */
  record DropStorage(StorageId storage, long epoch) implements StorageChange {}

  /**
   * Give a storage another name, which nobody has.
   *
   * @param name 1 to {@link StorageState#NAME_LENGTH_MAX} characters
   */
  record RenameStorage(StorageId storage, String name) implements StorageChange {
    public RenameStorage {
      StorageState.requireName(name);
    }
  }

  /**
   * Say how large a storage may become. It is asked before a transaction comes into the log, see
   * {@code service.commit.Quotas}; what is in the log is applied.
   *
   * @param quotaBytes 0 or more; {@link StorageState#NO_QUOTA}: as large as it likes
   */
  record SetQuota(StorageId storage, long quotaBytes) implements StorageChange {
    public SetQuota {
      requireArgument(quotaBytes >= 0, "a quota of %s bytes: expected 0 or more", quotaBytes);
    }
  }
}
