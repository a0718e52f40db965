package io.troika.server.operator;

import io.troika.server.access.AccessControl;
import io.troika.server.access.AccessRefusedException;
import io.troika.server.access.AuditText;
import io.troika.server.access.Caller;
import io.troika.server.access.Demand;
import io.troika.server.core.model.Permission;
import io.troika.server.operator.OperationFailedException.Reason;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where operators log in and ask for something. The same rules as for the gRPC port decide who may,
 * each time; everything is written to the audit log. Safe for any thread.
 */
public final class OperatorDesk {
  private static final Logger AUDIT = LoggerFactory.getLogger("troika.audit");
  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final Demand ADMIN_ANYWHERE =
      new Demand(List.of(Permission.ADMIN), Demand.Scope.ANY_STORAGE);

  private final AccessControl access;
  private final Place place;
  private final Operations operations;
  private final LongSupplier nanoTime;
  private final Sessions sessions;
  private final LoginLimit limit;

  /**
   * Where the page is.
   *
   * @param loopback whether only this machine reaches its port
   * @param clusterSecured whether the ports of gRPC and ZEO have TLS
   */
  public record Place(boolean loopback, boolean clusterSecured) {}

  /** How somebody can log in. */
  public enum Way {
    /** Not at all. */
    CLOSED,
    /** By saying so: whoever reaches this port may do everything by gRPC too. */
    OPEN,
    /** With a certificate of the authority, shown by the connection. */
    CERTIFICATE,
    /** With a token, or a certificate, that has been granted it. */
    TOKEN
  }

  /**
   * What a visitor is told before logging in.
   *
   * @param reason in words
   */
  public record Welcome(Way way, String reason) {}

  /**
   * Nobody is logged in.
   *
   * @param nanoTime a clock that never jumps
   */
  public OperatorDesk(
      AccessControl access, Place place, Operations operations, LongSupplier nanoTime) {
    this.access = access;
    this.place = place;
    this.operations = operations;
    this.nanoTime = nanoTime;
    this.sessions = new Sessions(nanoTime);
    this.limit = new LoginLimit(nanoTime);
  }

  /** Whether a storage can be backed up here. */
  public boolean canBackUp() {
    return operations.canBackUp();
  }

  /** How this visitor can log in, if at all. */
  public Welcome welcome(Visitor visitor) {
    if (access.isRequired()) {
      return visitor.secured() || place.loopback()
          ? new Welcome(Way.TOKEN, "With a token of an administrator, or their certificate.")
          : new Welcome(Way.CLOSED, "No log-in here: this port has no TLS (http.tls).");
    }
    if (place.clusterSecured()) {
      return visitor.secured()
          ? new Welcome(Way.CERTIFICATE, "With a client's certificate, as on the gRPC port.")
          : new Welcome(Way.CLOSED, "No log-in here: this port has no TLS (http.tls).");
    }
    return place.loopback() && visitor.local()
        ? new Welcome(
            Way.OPEN,
            "Nobody has to prove who they are here: this port is on loopback, and nothing is"
                + " secured (security.access).")
        : new Welcome(
            Way.CLOSED, "No log-in here: this port has no TLS, and is not on loopback (tls).");
  }

  /**
   * Logs somebody in.
   *
   * @param token what they typed; empty: by their certificate
   * @throws OperationFailedException if they may not, or have tried too often
   */
  public Session open(Visitor visitor, String token) {
    Call call = new Call(visitor, "LogIn", "");
    return call.run(
        () -> {
          call.caller = visitor.certificate();
          if (!limit.admit(visitor.address())) {
            throw new OperationFailedException(
                Reason.RESOURCE_EXHAUSTED,
                "%s wrong log-ins from %s: wait a minute"
                    .formatted(LoginLimit.TRIES_MAX, visitor.address()));
          }
          call.caller = identify(visitor, token);
          access.require(call.caller, ADMIN_ANYWHERE, "Log-in", null);
          limit.forgive(visitor.address());
          return sessions.open(call.caller);
        });
  }

  private Caller identify(Visitor visitor, String token) {
    Welcome welcome = welcome(visitor);
    return switch (welcome.way()) {
      case CLOSED -> throw new OperationFailedException(Reason.PERMISSION_DENIED, welcome.reason());
      case OPEN -> Caller.ANYBODY;
      case CERTIFICATE -> certificate(visitor);
      case TOKEN ->
          token.isEmpty()
              ? certificate(visitor)
              : access.identify("Bearer " + token, visitor.certificate());
    };
  }

  private static Caller certificate(Visitor visitor) {
    if (visitor.certificate().kind() == Caller.Kind.ANYBODY) {
      throw new OperationFailedException(
          Reason.UNAUTHENTICATED, "expected a client's certificate, found none");
    }
    return visitor.certificate();
  }

  /** Who shows this secret; one who logged in by a certificate has to show that too. */
  public Optional<Session> session(Visitor visitor, String secret) {
    return sessions
        .find(secret)
        .filter(
            session ->
                switch (session.caller().kind()) {
                  case CERTIFICATE, NODE -> session.caller().equals(visitor.certificate());
                  case ANYBODY -> welcome(visitor).way() == Way.OPEN;
                  case TOKEN -> true;
                });
  }

  /** Logs out. */
  public void end(Session session) {
    sessions.end(session.secret());
  }

  /**
   * Has something done.
   *
   * @return what happened, in a sentence
   * @throws OperationFailedException if it was refused, or failed
   */
  public String run(Visitor visitor, Session session, Operation operation) {
    Call call = new Call(visitor, operation.name(), operation.request());
    call.caller = session.caller();
    return call.run(
        () -> {
          access.require(
              session.caller(), operation.demand(), operation.name(), operation.storage());
          return operation.run(operations);
        });
  }

  /** One line of the audit log. */
  private final class Call {
    private final Visitor visitor;
    private final String name;
    private final String request;
    private final long beganNanos = nanoTime.getAsLong();
    private Caller caller = Caller.ANYBODY;

    private Call(Visitor visitor, String name, String request) {
      this.visitor = visitor;
      this.name = name;
      this.request = request;
    }

    private <T> T run(Supplier<T> work) {
      String outcome = Reason.INTERNAL.name();
      try {
        T done = work.get();
        outcome = "OK";
        return done;
      } catch (AccessRefusedException e) {
        Reason reason =
            switch (e.reason()) {
              case UNAUTHENTICATED -> Reason.UNAUTHENTICATED;
              case PERMISSION_DENIED -> Reason.PERMISSION_DENIED;
            };
        outcome = reason.name();
        throw new OperationFailedException(reason, String.valueOf(e.getMessage()), e);
      } catch (OperationFailedException e) {
        outcome = e.reason().name();
        throw e;
      } finally {
        AUDIT.info(
            "caller={} from={} call=Page/{} outcome={} millis={} request={}",
            AuditText.quoted(caller.toString()),
            visitor.address(),
            name,
            outcome,
            (nanoTime.getAsLong() - beganNanos) / NANOS_PER_MILLI,
            AuditText.quoted(request));
      }
    }
  }
}
