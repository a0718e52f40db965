package io.troika.client.internal.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import io.troika.api.v1.AccessKind;
import io.troika.api.v1.GrantAccessRequest;
import io.troika.client.AccessGrant;
import io.troika.client.AccessGrant.Permission;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Tokens, and grants between messages and the client's values. */
public final class AccessCodec {
  private static final int SECRET_BYTES = 32;
  private static final SecureRandom RANDOM = new SecureRandom();

  private AccessCodec() {}

  /** {@code NAME.SECRET}: 256 random bits, in letters that need no quoting anywhere. */
  public static String newToken(String name) {
    byte[] secret = new byte[SECRET_BYTES];
    RANDOM.nextBytes(secret);
    return name + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
  }

  /** What nodes keep of a token. */
  public static ByteString hash(String token) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      return ByteString.copyFrom(sha256.digest(token.getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** A request to grant. */
  public static GrantAccessRequest request(AccessGrant grant, ByteString secretHash) {
    return GrantAccessRequest.newBuilder()
        .setGrant(
            io.troika.api.v1.AccessGrant.newBuilder()
                .setKind(kind(grant.kind()))
                .setName(grant.name())
                .addAllPermissions(
                    grant.permissions().stream().map(AccessCodec::permission).toList())
                .addAllStorages(grant.storages())
                .setExpiresMillis(grant.expires().map(Instant::toEpochMilli).orElse(0L)))
        .setSecretHash(secretHash)
        .build();
  }

  /** As a message says it. */
  public static AccessKind kind(AccessGrant.Kind kind) {
    return switch (kind) {
      case TOKEN -> AccessKind.TOKEN;
      case CERTIFICATE -> AccessKind.CERTIFICATE;
    };
  }

  private static io.troika.api.v1.Permission permission(Permission permission) {
    return switch (permission) {
      case READ -> io.troika.api.v1.Permission.READ;
      case WRITE -> io.troika.api.v1.Permission.WRITE;
      case ADMIN -> io.troika.api.v1.Permission.ADMIN;
      case BACKUP -> io.troika.api.v1.Permission.BACKUP;
    };
  }

  /** A grant as a value. */
  public static AccessGrant grant(io.troika.api.v1.AccessGrant grant) {
    Set<Permission> permissions = EnumSet.noneOf(Permission.class);
    grant.getPermissionsList().forEach(each -> permissions.add(permission(each)));
    return new AccessGrant(
        switch (grant.getKind()) {
          case TOKEN -> AccessGrant.Kind.TOKEN;
          case CERTIFICATE -> AccessGrant.Kind.CERTIFICATE;
          case ACCESS_KIND_UNSPECIFIED, UNRECOGNIZED ->
              throw new MalformedAnswerException("grant of unknown kind " + grant.getKind());
        },
        grant.getName(),
        permissions,
        new TreeSet<>(grant.getStoragesList()),
        grant.getExpiresMillis() == 0
            ? Optional.empty()
            : Optional.of(Instant.ofEpochMilli(grant.getExpiresMillis())));
  }

  private static Permission permission(io.troika.api.v1.Permission permission) {
    return switch (permission) {
      case READ -> Permission.READ;
      case WRITE -> Permission.WRITE;
      case ADMIN -> Permission.ADMIN;
      case BACKUP -> Permission.BACKUP;
      case PERMISSION_UNSPECIFIED, UNRECOGNIZED ->
          throw new MalformedAnswerException("unknown permission " + permission);
    };
  }
}
