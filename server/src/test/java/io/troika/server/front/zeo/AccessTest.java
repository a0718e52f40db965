package io.troika.server.front.zeo;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.access.AccessControl;
import io.troika.server.access.ClientRates;
import io.troika.server.config.NodeConfig.RateLimits;
import io.troika.server.config.SecurityConfig;
import io.troika.server.core.command.StorageChange.RenameStorage;
import io.troika.server.core.model.AccessGrant;
import io.troika.server.core.model.AccessKey;
import io.troika.server.core.model.AccessList;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Permission;
import io.troika.server.front.zeo.session.FrontContext;
import io.troika.server.front.zeo.wire.ZeoPace;
import io.troika.server.tls.PeerIdentity;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What ZEO clients may do, by their certificate. */
class AccessTest {
  private static final String STORAGE_ERROR = "ZODB.POSException.StorageError";
  private static final String READ_ONLY_ERROR = "ZODB.POSException.ReadOnlyError";

  private final SessionFixture fixture = new SessionFixture();
  private AccessList grants = AccessList.EMPTY;
  private final FrontContext context =
      fixture.withAccess(
          new AccessControl(
              SecurityConfig.DEFAULT.requiringAccess(List.of()), () -> grants, () -> 0));

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void register_withoutGrant_isRefusedByName() {
    FakeClient client = client("app");

    long id = client.call("register", "main", false);

    assertThat(client.errorClass(id)).isEqualTo(STORAGE_ERROR);
    assertThat(client.error(id).toString())
        .contains("certificate 'app' is not allowed read or backup for storage 'main'");
    assertThat(client.errorClass(client.call("register", "main", true))).isEqualTo(STORAGE_ERROR);
  }

  /** As a storage that is read-only does: a client with read-only-fallback comes back. */
  @Test
  void register_ofAReader_isForReadingOnly() {
    grant("app", Permission.READ);
    FakeClient client = client("app");

    assertThat(client.errorClass(client.call("register", "main", false)))
        .isEqualTo(READ_ONLY_ERROR);
    assertThat(client.ask("register", "main", true)).isNotNull();
    assertThat(client.errorClass(client.call("new_oids"))).isEqualTo(READ_ONLY_ERROR);
    assertThat(client.errorClass(client.call("pack", 1.0e9, false))).isEqualTo(STORAGE_ERROR);
  }

  @Test
  void register_ofAWriter_isForBoth() {
    grant("app", Permission.READ, Permission.WRITE);
    FakeClient client = client("app");

    assertThat(client.ask("register", "main", false)).isNotNull();
    assertThat(client.ask("new_oids")).isNotNull();
    assertThat(client.errorClass(client.call("pack", 1.0e9, false))).isEqualTo(STORAGE_ERROR);
  }

  @Test
  void pack_ofAnOperator_isDone() {
    grant("app", Permission.READ, Permission.ADMIN);
    FakeClient client = client("app");

    assertThat(client.ask("register", "main", true)).isNotNull();
    client.ask("pack", 1.0e9, false);
  }

  @Test
  void grantTakenAway_connectionIsClosed_andTheNextRegistrationRefused() {
    grant("app", Permission.READ, Permission.WRITE);
    FakeClient writer = client("app");
    FakeClient reader = client("app");
    assertThat(writer.ask("register", "main", false)).isNotNull();
    assertThat(reader.ask("register", "main", true)).isNotNull();

    grants = AccessList.EMPTY;
    grant("app", Permission.READ);
    fixture.node.timer.advance(Duration.ofSeconds(2));
    assertThat(writer.connection.closedWhy()).contains("not allowed").contains("'main'");
    assertThat(reader.connection.closedWhy()).isNull();

    grants = AccessList.EMPTY;
    fixture.node.timer.advance(Duration.ofSeconds(2));
    assertThat(reader.connection.closedWhy()).contains("not allowed").contains("'main'");
    FakeClient again = client("app");
    assertThat(again.errorClass(again.call("register", "main", true))).isEqualTo(STORAGE_ERROR);
  }

  /** Another storage may get the name, and what the client asks of the leader is asked by name. */
  @Test
  void storageRenamed_packIsRefused_andConnectionsOfItsOldNameAreClosed() {
    FakeClient client = new FakeClient(fixture.context); // which may do everything, by any name
    assertThat(client.ask("register", "main", true)).isNotNull();

    fixture.node.log.apply(new RenameStorage(fixture.node.storage, "old"));

    long pack = client.call("pack", 1.0e9, false);
    assertThat(client.error(pack).toString()).contains("storage 'main' is called 'old' now");
    fixture.node.timer.advance(Duration.ofSeconds(2));
    assertThat(client.connection.closedWhy()).contains("'old'");
  }

  /** By what ZEO calls a storage without a name: the grant is for the one that it stands for. */
  @Test
  void register_ofStorageOne_isJudgedByTheStorageThatItMeans() {
    grant("app", Permission.READ, Permission.WRITE);

    assertThat(client("app").ask("register", "1", false)).isNotNull();
  }

  /** One that has been connected for long is still the same client as one that comes. */
  @Test
  void pace_ofTwoConnectionsOfOneClient_isOne() {
    AtomicLong now = new AtomicLong();
    ClientRates rates = new ClientRates(new RateLimits(0, 1_000), now::get);
    FrontContext rated =
        fixture.withAccess(
            new AccessControl(SecurityConfig.DEFAULT, () -> grants, () -> 0).within(rates));
    ZeoPace first = client(rated, "app").pace();
    now.addAndGet(Duration.ofMinutes(5).toNanos());
    ZeoPace second = client(rated, "app").pace();

    first.sent(1_000);
    assertThat(second.received(500)).isEqualTo(Duration.ofMillis(500));
    assertThat(client(rated, "other").pace().received(500)).isZero();
  }

  private FakeClient client(String commonName) {
    return client(context, commonName);
  }

  private static FakeClient client(FrontContext context, String commonName) {
    FakeClient client = new FakeClient(context);
    FakeConnection unused = client.connection.as(new PeerIdentity(commonName, false));
    return client;
  }

  private void grant(String name, Permission... permissions) {
    grants =
        grants.with(
            new AccessGrant(
                new AccessKey(AccessKey.Kind.CERTIFICATE, name),
                List.of(permissions),
                List.of("main"),
                0,
                Bytes.EMPTY));
  }
}
