package io.troika.server.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.ChangeAccess;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Done;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.digest.ReplicaDigest;
import io.troika.server.core.model.AccessGrant;
import io.troika.server.core.model.AccessKey;
import io.troika.server.core.model.AccessKey.Kind;
import io.troika.server.core.model.AccessList;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Permission;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.util.List;
import org.junit.jupiter.api.Test;

class AccessCommandsTest {
  private static final AccessKey BACKEND = new AccessKey(Kind.TOKEN, "backend");
  private static final AccessKey OPERATOR = new AccessKey(Kind.CERTIFICATE, "operator");

  private final MemoryRevisionStore store = new MemoryRevisionStore();
  private final StorageCore core = new StorageCore(store, CommitListener.NONE);
  private long index;

  @Test
  void grant_severalInOneEntry_areListedByKindAndName() {
    List<Outcome> outcomes =
        apply(grant(certificate(Permission.ADMIN)), grant(token('a', Permission.READ)));

    assertThat(outcomes).containsExactly(new Done(), new Done());
    assertThat(store.access().grants())
        .containsExactly(token('a', Permission.READ), certificate(Permission.ADMIN));
    assertThat(store.access().find(OPERATOR)).isEqualTo(certificate(Permission.ADMIN));
    assertThat(store.access().find(new AccessKey(Kind.TOKEN, "operator"))).isNull();
  }

  @Test
  void grant_sameTokenAgain_isDoneAndMayChangeWhatItAllows() {
    apply(grant(token('a', Permission.READ)));

    assertThat(apply(grant(token('a', Permission.READ)))).containsExactly(new Done());
    assertThat(apply(grant(token('a', Permission.WRITE)))).containsExactly(new Done());
    assertThat(store.access().grants()).containsExactly(token('a', Permission.WRITE));
  }

  /** Whoever may make tokens must not take over the name of another one unseen. */
  @Test
  void grant_tokenWithAnotherSecret_isRejectedUntilItIsRevoked() {
    apply(grant(token('a', Permission.READ)));

    assertThat(apply(grant(token('b', Permission.READ))))
        .singleElement()
        .isInstanceOf(Rejected.class);
    assertThat(store.access().grants()).containsExactly(token('a', Permission.READ));
    assertThat(apply(new ChangeAccess(BACKEND, null), grant(token('b', Permission.READ))))
        .containsExactly(new Done(), new Done());
    assertThat(store.access().grants()).containsExactly(token('b', Permission.READ));
  }

  @Test
  void revoke_knownOrNot_leavesNothing() {
    apply(grant(certificate(Permission.READ)));

    assertThat(apply(new ChangeAccess(OPERATOR, null), new ChangeAccess(BACKEND, null)))
        .containsExactly(new Done(), new Done());
    assertThat(store.access()).isEqualTo(AccessList.EMPTY);
  }

  @Test
  void grant_moreThanThereMayBe_isRejected() {
    for (int i = 0; i < AccessList.SIZE_MAX; i++) {
      apply(grant(certificate("c" + i, Permission.READ)));
    }

    assertThat(apply(grant(certificate("other", Permission.READ))))
        .singleElement()
        .isInstanceOf(Rejected.class);
    assertThat(apply(grant(certificate("c7", Permission.WRITE)))).containsExactly(new Done());
  }

  @Test
  void digest_ofTheGroup_changesWithWhoMayDoWhat() {
    apply(grant(token('a', Permission.READ)));
    MemoryRevisionStore other = store.copy();
    assertThat(new ReplicaDigest(other).group()).isEqualTo(new ReplicaDigest(store).group());

    apply(grant(token('a', Permission.WRITE)));
    new StorageCore(other, CommitListener.NONE)
        .apply(new LogPosition(1, index), entry(grant(token('a', Permission.READ))));

    assertThat(new ReplicaDigest(other).group()).isNotEqualTo(new ReplicaDigest(store).group());
  }

  @Test
  void grant_thatSaysNothing_isRefused() {
    assertThatThrownBy(() -> new AccessGrant(OPERATOR, List.of(), List.of(), 0, Bytes.EMPTY))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> new AccessGrant(BACKEND, List.of(Permission.READ), List.of(), 0, Bytes.EMPTY))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new AccessKey(Kind.TOKEN, "a\nb"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Command grant(AccessGrant grant) {
    return new ChangeAccess(grant.key(), grant);
  }

  private static AccessGrant token(char secret, Permission permission) {
    return new AccessGrant(
        BACKEND,
        List.of(permission),
        List.of("main"),
        5_000,
        Bytes.utf8(String.valueOf(secret).repeat(AccessGrant.HASH_BYTES)));
  }

  private static AccessGrant certificate(Permission permission) {
    return certificate(OPERATOR.name(), permission);
  }

  private static AccessGrant certificate(String name, Permission permission) {
    return new AccessGrant(
        new AccessKey(Kind.CERTIFICATE, name), List.of(permission), List.of(), 0, Bytes.EMPTY);
  }

  private List<Outcome> apply(Command... commands) {
    return core.apply(new LogPosition(1, ++index), entry(commands));
  }

  private static LogEntry entry(Command... commands) {
    return new LogEntry(1_000, 1_000, List.of(commands));
  }
}
