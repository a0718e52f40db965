package io.troika.server.service.catalog;

import io.troika.server.core.model.StorageState;
import java.util.UUID;

/**
 * The history of a storage that a request builds on.
 *
 * @param epoch 0: any history of any storage will do
 */
public record ExpectedHistory(UUID uuid, long epoch) {
  public static final ExpectedHistory ANY = new ExpectedHistory(new UUID(0, 0), 0);

  /** The present one of this storage. */
  public static ExpectedHistory of(StorageState state) {
    return new ExpectedHistory(state.uuid(), state.epoch());
  }

  boolean isOf(StorageState state) {
    return epoch == 0 || (state.uuid().equals(uuid) && state.epoch() == epoch);
  }

  /** Whether the storage has not got so far on this node yet. */
  boolean isAheadOf(StorageState state) {
    return state.uuid().equals(uuid) && state.epoch() < epoch;
  }

  @Override
  public String toString() {
    return uuid + " epoch " + epoch;
  }
}
