package io.troika.server.admin;

import io.troika.api.v1.AccessKind;
import io.troika.api.v1.GrantAccessRequest;
import io.troika.server.core.model.AccessGrant;
import io.troika.server.core.model.AccessKey;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Permission;

/** Grants between messages and the core's values. */
final class AccessMessages {
  private AccessMessages() {}

  static AccessGrant grant(GrantAccessRequest request) {
    io.troika.api.v1.AccessGrant grant = request.getGrant();
    return new AccessGrant(
        key(grant.getKind(), grant.getName()),
        grant.getPermissionsList().stream().map(AccessMessages::permission).toList(),
        grant.getStoragesList(),
        grant.getExpiresMillis(),
        Bytes.wrap(request.getSecretHash().toByteArray()));
  }

  static AccessKey key(AccessKind kind, String name) {
    return switch (kind) {
      case TOKEN -> new AccessKey(AccessKey.Kind.TOKEN, name);
      case CERTIFICATE -> new AccessKey(AccessKey.Kind.CERTIFICATE, name);
      case ACCESS_KIND_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalArgumentException("kind: expected TOKEN or CERTIFICATE, found " + kind);
    };
  }

  private static Permission permission(io.troika.api.v1.Permission permission) {
    return switch (permission) {
      case READ -> Permission.READ;
      case WRITE -> Permission.WRITE;
      case ADMIN -> Permission.ADMIN;
      case BACKUP -> Permission.BACKUP;
      case PERMISSION_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalArgumentException(
              "permissions: expected READ, WRITE, ADMIN or BACKUP, found " + permission);
    };
  }

  /** Without the hash of its secret. */
  static io.troika.api.v1.AccessGrant grant(AccessGrant grant) {
    return io.troika.api.v1.AccessGrant.newBuilder()
        .setKind(
            switch (grant.key().kind()) {
              case TOKEN -> AccessKind.TOKEN;
              case CERTIFICATE -> AccessKind.CERTIFICATE;
            })
        .setName(grant.key().name())
        .addAllPermissions(grant.permissions().stream().map(AccessMessages::permission).toList())
        .addAllStorages(grant.storages())
        .setExpiresMillis(grant.expiresMillis())
        .build();
  }

  private static io.troika.api.v1.Permission permission(Permission permission) {
    return switch (permission) {
      case READ -> io.troika.api.v1.Permission.READ;
      case WRITE -> io.troika.api.v1.Permission.WRITE;
      case ADMIN -> io.troika.api.v1.Permission.ADMIN;
      case BACKUP -> io.troika.api.v1.Permission.BACKUP;
    };
  }
}
