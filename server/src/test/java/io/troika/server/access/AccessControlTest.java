package io.troika.server.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.access.AccessRefusedException.Reason;
import io.troika.server.config.SecurityConfig;
import io.troika.server.core.model.AccessGrant;
import io.troika.server.core.model.AccessKey;
import io.troika.server.core.model.AccessKey.Kind;
import io.troika.server.core.model.AccessList;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Permission;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccessControlTest {
  private static final String TOKEN = "backend.v1.s3cret";
  private static final Caller BACKEND = new Caller(Caller.Kind.TOKEN, "backend.v1");

  private AccessList grants = AccessList.EMPTY;
  private long now = 1_000;
  private final AccessControl access =
      new AccessControl(
          SecurityConfig.DEFAULT.requiringAccess(List.of("root")), () -> grants, () -> now);

  @Test
  void identify_tokenThatWasGranted_isItsNameWhateverTheCertificate() {
    grantToken(0, Permission.READ);

    assertThat(access.identify("Bearer " + TOKEN, Caller.ANYBODY)).isEqualTo(BACKEND);
    assertThat(access.identify("bearer " + TOKEN, certificate("root"))).isEqualTo(BACKEND);
  }

  @Test
  void identify_withoutHeader_isWhoeverTheCertificateNames() {
    assertThat(access.identify(null, certificate("alice"))).isEqualTo(certificate("alice"));
  }

  /** What was shown may be a real secret with a slip in it: it must not reach a log. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Bearer backend.v1.S3cret",
        "Bearer backend.v1.s3cret0",
        "Bearer other.s3cret",
        "Bearer s3cret",
        "Bearer .s3cret",
        "Bearer ",
        "Basic s3cret",
        "",
      })
  void identify_headerThatProvesNothing_isRefusedAndNotRepeated(String header) {
    grantToken(0, Permission.READ);

    assertThatThrownBy(() -> access.identify(header, certificate("root")))
        .isInstanceOfSatisfying(
            AccessRefusedException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.UNAUTHENTICATED))
        .message()
        .doesNotContainIgnoringCase("s3cret");
  }

  @Test
  void identify_expiredOrRevoked_isRefused() {
    grantToken(2_000, Permission.READ);
    now = 1_999;
    assertThat(access.identify("Bearer " + TOKEN, Caller.ANYBODY)).isEqualTo(BACKEND);

    now = 2_000;
    assertThatThrownBy(() -> access.identify("Bearer " + TOKEN, Caller.ANYBODY))
        .hasMessageContaining("expired");

    grants = AccessList.EMPTY;
    assertThatThrownBy(() -> access.identify("Bearer " + TOKEN, Caller.ANYBODY))
        .hasMessageContaining("revoked");
  }

  @Test
  void require_whatIsNotGranted_namesWhoWhatAndWhere() {
    grantToken(0, Permission.READ);

    access.require(BACKEND, Demand.READ_STORAGE, "ObjectStore/Load", "main");
    assertThatThrownBy(
            () -> access.require(BACKEND, Demand.WRITE_STORAGE, "ObjectStore/Commit", "main"))
        .isInstanceOfSatisfying(
            AccessRefusedException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.PERMISSION_DENIED))
        .hasMessage(
            "ObjectStore/Commit: token 'backend.v1' is not allowed write for storage 'main'");
    assertThatThrownBy(
            () -> access.require(BACKEND, Demand.READ_STORAGE, "ObjectStore/Load", "other"))
        .hasMessageContaining("read or backup for storage 'other'");
    assertThatThrownBy(
            () -> access.require(Caller.ANYBODY, Demand.READ_STORAGE, "ObjectStore/Load", "main"))
        .isInstanceOfSatisfying(
            AccessRefusedException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.UNAUTHENTICATED));
  }

  @Test
  void allows_grantForSomeStorages_isNotForTheCluster() {
    grant("operator", Set.of("main"), 0, Permission.ADMIN);
    assertThat(access.allows(certificate("operator"), Demand.ADMIN_STORAGE, "main")).isTrue();
    assertThat(access.allows(certificate("operator"), Demand.ADMIN_CLUSTER, null)).isFalse();

    grant("operator", Set.of(), 0, Permission.ADMIN);
    assertThat(access.allows(certificate("operator"), Demand.ADMIN_STORAGE, "any")).isTrue();
    assertThat(access.allows(certificate("operator"), Demand.ADMIN_CLUSTER, null)).isTrue();
  }

  @Test
  void allows_permissions_doNotIncludeOneAnotherButForBackup() {
    grant("a", Set.of(), 0, Permission.ADMIN);
    grant("b", Set.of(), 0, Permission.BACKUP);
    grant("w", Set.of("main"), 0, Permission.WRITE);

    assertThat(access.allows(certificate("a"), Demand.READ_STORAGE, "main")).isFalse();
    assertThat(access.allows(certificate("b"), Demand.READ_STORAGE, "main")).isTrue();
    assertThat(access.allows(certificate("b"), Demand.WRITE_STORAGE, "main")).isFalse();
    assertThat(access.allows(certificate("w"), Demand.READ_STORAGE, "main")).isFalse();
    assertThat(access.allows(certificate("w"), Demand.WRITE_ANYWHERE, null)).isTrue();
    assertThat(access.allows(certificate("b"), Demand.WRITE_ANYWHERE, null)).isFalse();
  }

  @Test
  void allows_grantThatExpired_isWorthNothing() {
    grant("alice", Set.of(), 2_000, Permission.READ);
    assertThat(access.allows(certificate("alice"), Demand.READ_STORAGE, "main")).isTrue();

    now = 2_000;
    assertThat(access.allows(certificate("alice"), Demand.READ_STORAGE, "main")).isFalse();
  }

  @Test
  void allows_nodesAndAdministrators_mayDoEverything() {
    assertThat(access.allows(certificate("root"), Demand.ADMIN_CLUSTER, null)).isTrue();
    assertThat(access.allows(Caller.ofCertificate("n1", true), Demand.WRITE_STORAGE, "main"))
        .isTrue();
    // The name alone proves nothing: a token may be called like an administrator.
    assertThat(access.allows(new Caller(Caller.Kind.TOKEN, "root"), Demand.READ_STORAGE, "main"))
        .isFalse();
  }

  @Test
  void allows_toBeKnown_isForWhoeverProvedWhoTheyAre() {
    assertThat(access.allows(certificate("stranger"), Demand.TO_BE_KNOWN, null)).isTrue();
    assertThat(access.allows(Caller.ANYBODY, Demand.TO_BE_KNOWN, null)).isFalse();
    assertThat(access.allows(certificate(""), Demand.READ_STORAGE, "main")).isFalse();
    assertThat(access.allows(certificate("x".repeat(500)), Demand.READ_STORAGE, "m")).isFalse();
  }

  @Test
  void open_allowsEverybodyEverything() {
    assertThat(AccessControl.OPEN.allows(Caller.ANYBODY, Demand.ADMIN_CLUSTER, null)).isTrue();
  }

  private static Caller certificate(String name) {
    return Caller.ofCertificate(name, false);
  }

  private void grant(String name, Set<String> storages, long expires, Permission permission) {
    grants =
        grants.with(
            new AccessGrant(
                new AccessKey(Kind.CERTIFICATE, name),
                List.of(permission),
                List.copyOf(storages),
                expires,
                Bytes.EMPTY));
  }

  private void grantToken(long expires, Permission permission) {
    grants =
        grants.with(
            new AccessGrant(
                new AccessKey(Kind.TOKEN, BACKEND.name()),
                List.of(permission),
                List.of("main"),
                expires,
                AccessControl.hash(TOKEN)));
  }
}
