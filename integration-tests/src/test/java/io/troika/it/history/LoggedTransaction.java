package io.troika.it.history;

import java.util.Set;

/**
 * A transaction as it stands in the cluster's log in the end.
 *
 * @param id the id under which a client sent it; empty for those that the test did not make
 * @param tid its tid
 * @param oids the objects that it changed
 */
public record LoggedTransaction(String id, long tid, Set<Long> oids) {
  public LoggedTransaction {
    oids = Set.copyOf(oids);
  }
}
