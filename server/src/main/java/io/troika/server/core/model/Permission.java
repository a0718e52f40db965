package io.troika.server.core.model;

/** What somebody may do with a storage, or with all of them. */
public enum Permission {
  /** Read objects and their history, watch for changes. */
  READ,
  /** Commit, undo, restore, take oids. Reading is not included. */
  WRITE,
  /** What operators do; for all storages: everything about the cluster, grants among it. */
  ADMIN,
  /** Copy out all there is. Includes reading, as a backup does. */
  BACKUP
}
