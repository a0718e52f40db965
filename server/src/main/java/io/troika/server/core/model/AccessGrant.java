package io.troika.server.core.model;

import static io.troika.server.core.model.Checks.requireArgument;

import java.util.List;

/**
 * What one token or certificate may do.
 *
 * @param permissions at least one; kept in their order, each once
 * @param storages names of those it is for, which need not exist; none: for all, and for what
 *     belongs to no storage. Kept in their order, each once
 * @param expiresMillis from then on it is worth nothing, in milliseconds since 1970; 0: never
 * @param secretHash SHA-256 of a token's whole text; empty for a certificate
 */
public record AccessGrant(
    AccessKey key,
    List<Permission> permissions,
    List<String> storages,
    long expiresMillis,
    Bytes secretHash) {
  public static final int STORAGES_MAX = 100;
  public static final int HASH_BYTES = 32;

  public AccessGrant {
    permissions = permissions.stream().sorted().distinct().toList();
    storages = storages.stream().sorted().distinct().toList();
    requireArgument(!permissions.isEmpty(), "%s: expected a permission, found none", key);
    requireArgument(
        storages.size() <= STORAGES_MAX,
        "%s: expected at most %s storages, found %s",
        key,
        STORAGES_MAX,
        storages.size());
    for (String storage : storages) {
      requireArgument(
          !storage.isEmpty() && storage.length() <= StorageState.NAME_LENGTH_MAX,
          "%s: a storage's name of %s characters, expected 1 to %s",
          key,
          storage.length(),
          StorageState.NAME_LENGTH_MAX);
    }
    requireArgument(expiresMillis >= 0, "%s: expires at %s ms", key, expiresMillis);
    int hashBytes = key.kind() == AccessKey.Kind.TOKEN ? HASH_BYTES : 0;
    requireArgument(
        secretHash.size() == hashBytes,
        "%s: expected a hash of %s bytes, found %s",
        key,
        hashBytes,
        secretHash.size());
  }

  /** Whether it allows one of these for a storage of that name. */
  public boolean allows(List<Permission> anyOf, String storage) {
    return (isForAll() || storages.contains(storage)) && allows(anyOf);
  }

  /** Whether it allows one of these for any storage at all. */
  public boolean allows(List<Permission> anyOf) {
    return permissions.stream().anyMatch(anyOf::contains);
  }

  /** Whether it is for all storages, and for what belongs to none. */
  public boolean isForAll() {
    return storages.isEmpty();
  }

  public boolean isExpired(long nowMillis) {
    return expiresMillis != 0 && nowMillis >= expiresMillis;
  }
}
