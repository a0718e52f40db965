package io.troika.client;

import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a token or a certificate may do.
 *
 * @param name of the token, or the common name (CN) of the certificate's subject
 * @param permissions at least one
 * @param storages names, which need not exist yet; none: all storages, and the cluster as a whole
 * @param expires from then on it may do nothing; empty: never
 */
public record AccessGrant(
    Kind kind,
    String name,
    Set<Permission> permissions,
    Set<String> storages,
    Optional<Instant> expires) {

  /** How somebody proves who they are. */
  public enum Kind {
    /** With a secret: {@link TroikaClient.Builder#token}. */
    TOKEN,
    /** With the certificate of the connection: {@link TroikaClient.Builder#tls}. */
    CERTIFICATE
  }

  /** What can be granted. */
  public enum Permission {
    READ,
    /** Does not include reading. */
    WRITE,
    /** With no storages named: everything about the cluster, granting included. */
    ADMIN,
    /** Includes reading. */
    BACKUP
  }

  /** Refuses a grant of nothing. */
  public AccessGrant {
    if (permissions.isEmpty()) {
      throw new IllegalArgumentException(name + ": expected a permission, found none");
    }
    permissions = java.util.Collections.unmodifiableSet(EnumSet.copyOf(permissions));
    storages = java.util.Collections.unmodifiableSet(new TreeSet<>(storages));
  }
}
