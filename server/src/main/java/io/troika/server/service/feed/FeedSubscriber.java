package io.troika.server.service.feed;

import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Receives the events of one {@link FeedSubscription}: one at a time, in order. */
public interface FeedSubscriber {

  /**
   * Whether one more event can be taken without piling up. Whoever answered no calls {@link
   * FeedSubscription#resume} when it changes.
   */
  boolean isReady();

  /** Takes an event; must not block. {@link FeedEvent.Lost} comes ready or not, and is the last. */
  void deliver(FeedEvent event);

  /**
   * Whether it may still hear of the storage: rights can be taken away while it listens. Asked
   * about once in {@link InvalidationFeed#HEARTBEAT}; who may not gets a Lost.
   *
   * @param storage by the name that it has now
   */
  default boolean isAllowed(String storage) {
    return true;
  }

  /**
   * The thread on which it takes events, if it has one of its own: no other has to find that
   * something is due first. Null: on any.
   */
  default @Nullable Executor thread() {
    return null;
  }

  /**
   * It failed at taking an event, or its thread has ended, and hears nothing more. In place of a
   * Lost, so whoever is behind it must be told that nothing follows. Must not block.
   */
  default void failed(RuntimeException cause) {}

  /** Who it is for. */
  default FeedClient client() {
    return FeedClient.UNKNOWN;
  }
}
