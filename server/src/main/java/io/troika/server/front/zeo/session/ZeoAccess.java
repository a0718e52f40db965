package io.troika.server.front.zeo.session;

import static java.util.Objects.requireNonNull;

import io.troika.server.access.AccessControl;
import io.troika.server.access.AccessRefusedException;
import io.troika.server.access.Caller;
import io.troika.server.access.ClientRates;
import io.troika.server.access.Demand;
import io.troika.server.front.zeo.wire.ZeoConnection;
import io.troika.server.front.zeo.wire.ZeoPace;
import io.troika.server.tls.PeerIdentity;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * What a ZEO client may do, by the certificate of its connection: its protocol has no place for a
 * token. Asked when it registers, as a client that is told then can do something about it, about
 * once a second from then on, and for a pack.
 */
public final class ZeoAccess {
  private ZeoAccess() {}

  /**
   * Lets a registration pass or not. One that may only read hears what a storage that is read-only
   * would say: clients with {@code read-only-fallback} come back as readers.
   */
  static void requireRegistration(
      AccessControl access, ZeoConnection connection, String storage, boolean readOnly) {
    Caller caller = caller(connection);
    require(access, caller, Demand.READ_STORAGE, "register", storage);
    if (!readOnly && !access.allows(caller, Demand.WRITE_STORAGE, storage)) {
      throw ZeoError.readOnly();
    }
  }

  /** Whether such a registration would pass now. */
  static boolean isRegistrable(
      AccessControl access, ZeoConnection connection, String storage, boolean readOnly) {
    Caller caller = caller(connection);
    return access.allows(caller, Demand.READ_STORAGE, storage)
        && (readOnly || access.allows(caller, Demand.WRITE_STORAGE, storage));
  }

  /** Packing is for operators. */
  static void requirePack(AccessControl access, ZeoConnection connection, String storage) {
    require(access, caller(connection), Demand.ADMIN_STORAGE, "pack", storage);
  }

  private static void require(
      AccessControl access, Caller caller, Demand demand, String what, String storage) {
    try {
      access.require(caller, demand, what, storage);
    } catch (AccessRefusedException e) {
      ZeoError refused = ZeoError.storage(String.valueOf(e.getMessage()));
      refused.addSuppressed(e);
      throw refused;
    }
  }

  /**
   * How fast the client may go, by the same certificate or else by its address. It is looked up
   * each time: who has no new connections is forgotten after a while, but those that are there go
   * on.
   */
  public static ZeoPace pace(AccessControl access, ZeoConnection connection) {
    Caller caller = caller(connection);
    SocketAddress address = connection.remoteAddress();
    if (access.rates().of(caller, address) == null) {
      return ZeoPace.NONE;
    }
    Supplier<ClientRates.Client> client = () -> requireNonNull(access.rates().of(caller, address));
    return new ZeoPace() {
      @Override
      public Duration received(int bytes) {
        return client.get().served(bytes);
      }

      @Override
      public void sent(int bytes) {
        client.get().transferred(bytes);
      }
    };
  }

  /** Who the client is, for people. */
  static String who(ZeoConnection connection) {
    Caller caller = caller(connection);
    return caller.kind() == Caller.Kind.ANYBODY
        ? "ZEO client " + connection.remoteAddress()
        : caller.toString();
  }

  private static Caller caller(ZeoConnection connection) {
    PeerIdentity shown = connection.identity();
    return shown == null ? Caller.ANYBODY : Caller.ofCertificate(shown.commonName(), shown.node());
  }
}
