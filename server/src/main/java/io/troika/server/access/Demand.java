package io.troika.server.access;

import io.troika.server.core.model.Permission;
import java.util.List;

/**
 * What a call needs.
 *
 * @param anyOf one of these; empty: that it is known who asks
 * @param scope where
 */
public record Demand(List<Permission> anyOf, Scope scope) {
  /** Where a permission has to be granted. */
  public enum Scope {
    /** Nowhere: everybody may, known or not. */
    NOWHERE,
    /** For the storage that the call names. */
    STORAGE,
    /** For any storage at all: the call names none, but what it is about was made there. */
    ANY_STORAGE,
    /** For all storages: the call is about the cluster. */
    CLUSTER
  }

  public Demand {
    anyOf = List.copyOf(anyOf);
  }

  /** Nothing at all. */
  public static final Demand NOTHING = new Demand(List.of(), Scope.NOWHERE);

  /** Nothing but to be known. */
  public static final Demand TO_BE_KNOWN = new Demand(List.of(), Scope.ANY_STORAGE);

  public static final Demand READ_STORAGE =
      new Demand(List.of(Permission.READ, Permission.BACKUP), Scope.STORAGE);

  /** Any business at all with the storage. */
  public static final Demand USE_STORAGE = new Demand(List.of(Permission.values()), Scope.STORAGE);

  public static final Demand WRITE_STORAGE = new Demand(List.of(Permission.WRITE), Scope.STORAGE);
  public static final Demand WRITE_ANYWHERE =
      new Demand(List.of(Permission.WRITE), Scope.ANY_STORAGE);
  public static final Demand ADMIN_STORAGE = new Demand(List.of(Permission.ADMIN), Scope.STORAGE);
  public static final Demand ADMIN_CLUSTER = new Demand(List.of(Permission.ADMIN), Scope.CLUSTER);
}
