package io.troika.client;

/** What the cache does when it can't know what it missed: after a term change or a lost watch. */
public enum CachePolicy {
  /** Ask the new leader what changed since the last verified transaction, and keep the rest. */
  VERIFY,

  /** Drop everything. */
  PURGE
}
