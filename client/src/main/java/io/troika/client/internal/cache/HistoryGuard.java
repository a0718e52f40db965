package io.troika.client.internal.cache;

import io.troika.client.HistoryReplacedException;
import io.troika.client.Tid;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which history of a storage is followed: its uuid and epoch, as nodes tell them, and the number
 * that the cache gives to it. Safe for any thread.
 */
public final class HistoryGuard {
  private final RevisionCache cache;
  private @Nullable Identity current;

  /** What nodes call a history. */
  public record Identity(UUID uuid, long epoch) {}

  /** For a cache that nobody else tells of histories. */
  public HistoryGuard(RevisionCache cache) {
    this.cache = cache;
  }

  /**
   * A node told something of this history, as of {@code at}. A newer one replaces the one followed.
   *
   * @return the number of the history; empty if it is one that was replaced already, so that what
   *     the node said must not be used
   */
  public synchronized OptionalLong enter(UUID uuid, long epoch, Tid at) {
    Identity told = new Identity(uuid, epoch);
    if (current == null) {
      current = told;
    } else if (!current.equals(told)) {
      if (current.uuid().equals(uuid) && epoch < current.epoch()) {
        return OptionalLong.empty();
      }
      current = told;
      cache.replaceHistory(at);
    }
    return OptionalLong.of(cache.history());
  }

  /** The number of the history that nodes call so, if it is the one that is followed. */
  public synchronized OptionalLong numberOf(UUID uuid, long epoch) {
    return new Identity(uuid, epoch).equals(current)
        ? OptionalLong.of(cache.history())
        : OptionalLong.empty();
  }

  /**
   * What nodes call the history of this number: empty if none has told of one yet.
   *
   * @throws HistoryReplacedException if another one is followed by now
   */
  public synchronized Optional<Identity> idOf(long history) {
    if (cache.history() != history) {
      throw new HistoryReplacedException("the storage has another history now");
    }
    return Optional.ofNullable(current);
  }

  /** For messages: what is followed. */
  public synchronized Optional<String> describe() {
    return Optional.ofNullable(current).map(id -> id.uuid() + " epoch " + id.epoch());
  }
}
