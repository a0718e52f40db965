package io.troika.server.access;

import io.troika.server.access.AccessRefusedException.Reason;
import io.troika.server.config.SecurityConfig;
import io.troika.server.core.model.AccessGrant;
import io.troika.server.core.model.AccessKey;
import io.troika.server.core.model.AccessList;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The one place that decides who may do what on this node. Decides by the grants that this node has
 * applied: a change counts on each node once it has it. Safe for any thread.
 */
public final class AccessControl {
  /** Everybody may do everything. */
  public static final AccessControl OPEN =
      new AccessControl(SecurityConfig.DEFAULT, () -> AccessList.EMPTY, () -> 0);

  private static final String SCHEME = "bearer ";

  private final boolean required;
  private final Set<String> administrators;
  private final Supplier<AccessList> grants;
  private final LongSupplier nowMillis;
  private final ClientRates rates;

  /**
   * Nobody is limited in how much they ask for.
   *
   * @param grants what this node has applied now
   * @param nowMillis this node's clock, for the end of grants
   */
  public AccessControl(SecurityConfig config, Supplier<AccessList> grants, LongSupplier nowMillis) {
    this(
        config.accessRequired(),
        Set.copyOf(config.administrators()),
        grants,
        nowMillis,
        ClientRates.UNLIMITED);
  }

  private AccessControl(
      boolean required,
      Set<String> administrators,
      Supplier<AccessList> grants,
      LongSupplier nowMillis,
      ClientRates rates) {
    this.required = required;
    this.administrators = administrators;
    this.grants = grants;
    this.nowMillis = nowMillis;
    this.rates = rates;
  }

  /** The same, for callers who may ask for so much. */
  public AccessControl within(ClientRates newRates) {
    return new AccessControl(required, administrators, grants, nowMillis, newRates);
  }

  /** How much each client may ask for. */
  public ClientRates rates() {
    return rates;
  }

  /** Whether anything is refused here at all. */
  public boolean isRequired() {
    return required;
  }

  /**
   * Who shows this header, a token being worth more than a certificate.
   *
   * @param authorization {@code Bearer NAME.SECRET}, or null
   * @param certificate who the connection belongs to; {@link Caller#ANYBODY} without one
   * @throws AccessRefusedException if there is a header that proves nothing
   */
  public Caller identify(@Nullable String authorization, Caller certificate) {
    if (authorization == null) {
      return certificate;
    }
    if (!authorization.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
      throw unauthenticated("authorization: expected 'Bearer' and a token, found another scheme");
    }
    return ofToken(authorization.substring(SCHEME.length()).strip());
  }

  /** The token's name is before its last dot; what was shown is never part of a message. */
  private Caller ofToken(String token) {
    int dot = token.lastIndexOf('.');
    if (dot < 1 || dot > AccessKey.NAME_LENGTH_MAX) {
      throw unauthenticated("token: expected NAME.SECRET, found something else");
    }
    String name = token.substring(0, dot);
    AccessGrant grant = find(AccessKey.Kind.TOKEN, name);
    if (grant == null || !isSecretOf(grant, token)) {
      throw unauthenticated("token: not known here, or revoked");
    }
    if (grant.isExpired(nowMillis.getAsLong())) {
      throw unauthenticated("token '%s': expired".formatted(name));
    }
    return new Caller(Caller.Kind.TOKEN, name);
  }

  /** In a time that does not depend on how much of it is right. */
  private static boolean isSecretOf(AccessGrant grant, String token) {
    return MessageDigest.isEqual(hash(token).toByteArray(), grant.secretHash().toByteArray());
  }

  /** What is kept of a token. */
  public static Bytes hash(String token) {
    return Bytes.wrap(Sha256.start().digest(token.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Lets a call pass, or not.
   *
   * @param what the call, for the message
   * @param storage the name of the storage that it is about; null unless the demand is for one
   */
  public void require(Caller caller, Demand demand, String what, @Nullable String storage) {
    if (allows(caller, demand, storage)) {
      return;
    }
    if (caller.kind() == Caller.Kind.ANYBODY) {
      throw unauthenticated(
          what + ": expected a token or a certificate of a client, found neither");
    }
    throw new AccessRefusedException(
        Reason.PERMISSION_DENIED,
        "%s: %s is not allowed %s for %s"
            .formatted(what, caller, words(demand), place(demand, storage)));
  }

  /** As {@link #require}, as an answer. */
  public boolean allows(Caller caller, Demand demand, @Nullable String storage) {
    if (!required || demand.scope() == Demand.Scope.NOWHERE || caller.kind() == Caller.Kind.NODE) {
      return true;
    }
    if (caller.kind() == Caller.Kind.ANYBODY) {
      return false;
    }
    if (demand.anyOf().isEmpty() || isAdministrator(caller)) {
      return true;
    }
    AccessGrant grant =
        find(
            caller.kind() == Caller.Kind.TOKEN ? AccessKey.Kind.TOKEN : AccessKey.Kind.CERTIFICATE,
            caller.name());
    if (grant == null || grant.isExpired(nowMillis.getAsLong())) {
      return false;
    }
    return switch (demand.scope()) {
      case NOWHERE -> true;
      case STORAGE -> grant.allows(demand.anyOf(), storage == null ? "" : storage);
      case ANY_STORAGE -> grant.allows(demand.anyOf());
      case CLUSTER -> grant.isForAll() && grant.allows(demand.anyOf());
    };
  }

  /** Named by this node's configuration, so that there is somebody who can grant. */
  private boolean isAdministrator(Caller caller) {
    return caller.kind() == Caller.Kind.CERTIFICATE && administrators.contains(caller.name());
  }

  /** Null also for a name that nobody can have: a certificate's may be anything. */
  private @Nullable AccessGrant find(AccessKey.Kind kind, String name) {
    return AccessKey.isName(name) ? grants.get().find(new AccessKey(kind, name)) : null;
  }

  private static String words(Demand demand) {
    return String.join(
        " or ", demand.anyOf().stream().map(each -> each.name().toLowerCase(Locale.ROOT)).toList());
  }

  private static String place(Demand demand, @Nullable String storage) {
    return switch (demand.scope()) {
      case NOWHERE -> "nothing";
      case STORAGE -> "storage '%s'".formatted(storage == null ? "" : storage);
      case ANY_STORAGE -> "any storage";
      case CLUSTER -> "all storages, which is what the cluster takes";
    };
  }

  private static AccessRefusedException unauthenticated(String message) {
    return new AccessRefusedException(Reason.UNAUTHENTICATED, message);
  }
}
