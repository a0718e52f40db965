package io.troika.server.core.pack;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import java.util.List;

/**
 * Finds the objects that a data record refers to. A function of the record alone, the same on every
 * node: applying an entry may ask it. Safe for any thread.
 */
public interface ReferenceFinder {

  /** Can read no record: with it, no garbage goes that anything was written after. */
  ReferenceFinder NONE =
      data -> {
        throw new UnreadableReferencesException("records of this store are not looked into");
      };

  /**
   * The oids that the record names by strong references into its own database; in its order, some
   * perhaps more than once.
   *
   * @throws UnreadableReferencesException if that cannot be said for certain
   */
  List<Oid> references(Bytes data) throws UnreadableReferencesException;
}
