package io.troika.server.front.grpc;

import com.google.protobuf.Message;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.server.access.AccessControl;
import io.troika.server.access.Caller;
import io.troika.server.access.ClientRates;
import io.troika.server.access.Demand;
import io.troika.server.front.grpc.MethodAccess.Rule;
import io.troika.server.tls.PeerIdentity;
import java.util.Optional;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLSession;

/**
 * Finds out who calls, and lets pass what they may do. Sits behind the parsing of messages, as the
 * storage stands in them; a call is refused before its service sees anything of it but its headers.
 */
final class AccessInterceptor implements ServerInterceptor {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private static final Context.Key<Caller> WATCHER =
      Context.keyWithDefault("troika-watcher", Caller.ANYBODY);
  private static final String WATCH = ObjectStoreGrpc.getWatchMethod().getFullMethodName();

  private final AccessControl access;
  private final Executor executor;

  /**
   * @param executor where streams of answers go on that were held up
   */
  AccessInterceptor(AccessControl access, Executor executor) {
    this.access = access;
    this.executor = executor;
  }

  /** Who made the call that this thread is in, if it is a watch: rights are looked at again. */
  static Caller presentWatcher() {
    return WATCHER.get();
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    String method = call.getMethodDescriptor().getFullMethodName();
    Rule rule = MethodAccess.of(method);
    if (rule == null && !access.isRequired()) {
      return next.startCall(call, headers); // everybody may do everything
    }
    if (rule == null) {
      throw new IllegalStateException(method + ": nobody has said who may call it");
    }
    boolean asked = access.isRequired() && rule.demand().scope() != Demand.Scope.NOWHERE;
    Caller caller = asked ? identify(call, headers) : certificate(call);
    AuditEntry.identified(caller);
    ClientRates.Client client =
        access.rates().of(caller, call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
    ServerCall.Listener<Q> listener;
    if (client == null) {
      listener = start(call, headers, next, caller);
    } else {
      client.begin();
      // News are small, and those of a watch that is held up would be lost.
      RatedCall<Q, R> rated = new RatedCall<>(call, client, executor, !method.equals(WATCH));
      listener = rated.counting(start(rated, headers, next, caller));
    }
    return new CheckedListener<>(listener, shortName(method), rule, caller);
  }

  private static <Q, R> ServerCall.Listener<Q> start(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next, Caller caller) {
    return call.getMethodDescriptor().getFullMethodName().equals(WATCH)
        ? Contexts.interceptCall(Context.current().withValue(WATCHER, caller), call, headers, next)
        : next.startCall(call, headers);
  }

  private Caller identify(ServerCall<?, ?> call, Metadata headers) {
    Caller certificate = certificate(call);
    AuditEntry.identified(certificate);
    return access.identify(headers.get(AUTHORIZATION), certificate);
  }

  private static Caller certificate(ServerCall<?, ?> call) {
    SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    Optional<PeerIdentity> shown = session == null ? Optional.empty() : PeerIdentity.of(session);
    return shown
        .map(peer -> Caller.ofCertificate(peer.commonName(), peer.node()))
        .orElse(Caller.ANYBODY);
  }

  /** Without the package: "ObjectStore/Load". */
  private static String shortName(String method) {
    return method.substring(method.lastIndexOf('.') + 1);
  }

  private final class CheckedListener<Q> extends SimpleForwardingServerCallListener<Q> {
    private final String method;
    private final Rule rule;
    private final Caller caller;
    private boolean passed; // at least one message
    private boolean refused;

    private CheckedListener(
        ServerCall.Listener<Q> delegate, String method, Rule rule, Caller caller) {
      super(delegate);
      this.method = method;
      this.rule = rule;
      this.caller = caller;
    }

    /**
     * Of a stream, the first part names the storage; one that names another is asked about too.
     * After one that is refused nothing passes: the rest would look like the whole.
     */
    @Override
    public void onMessage(Q message) {
      if (refused) {
        return;
      }
      Message request = (Message) message;
      AuditEntry.asked(request);
      String storage = rule.storageOf(request);
      if (!passed || (storage != null && !storage.isEmpty())) {
        refused = true;
        access.require(caller, rule.demandFor(storage), method, storage);
        refused = false;
        passed = true;
      }
      super.onMessage(message);
    }

    /** Whoever was refused has been answered already. */
    @Override
    public void onHalfClose() {
      if (!refused) {
        super.onHalfClose();
      }
    }
  }
}
