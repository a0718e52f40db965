package io.troika.client.fake;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** One node of a fake cluster; a port of its own that it keeps over restarts. */
public final class FakeNode {
  private static final Metadata.Key<String> TRACE_PARENT =
      Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);

  private static final Metadata.Key<String> PASS_ON =
      Metadata.Key.of("troika-pass-on", Metadata.ASCII_STRING_MARSHALLER);

  /** The group to whose leader the present call is to be passed on; empty: it is meant for here. */
  private static final Context.Key<String> PASSED_ON = Context.keyWithDefault("passed on", "");

  private final Map<String, List<String>> traceParents = new ConcurrentHashMap<>();

  private final FakeCluster cluster;
  private final int index;
  private final int port;
  private final FakeObjectStore objectStore;
  private final ExecutorService executor;
  private volatile String answersAs;
  private volatile boolean hanging;
  private volatile boolean passesOn = true;
  private volatile long appliedMax = Long.MAX_VALUE;
  private Server server;

  FakeNode(FakeCluster cluster, int index) throws IOException {
    this.cluster = cluster;
    this.index = index;
    this.answersAs = "n" + index;
    this.objectStore = new FakeObjectStore(cluster, this);
    this.executor =
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, "fake-node-" + index);
              thread.setDaemon(true);
              return thread;
            });
    this.server = start(InetAddress.getLoopbackAddress(), 0);
    this.port = server.getPort();
  }

  private Server start(InetAddress host, int onPort) throws IOException {
    return NettyServerBuilder.forAddress(new InetSocketAddress(host, onPort))
        .executor(executor)
        .intercept(new Faults())
        .addService(objectStore)
        .addService(new FakeAdmin(cluster, this))
        .build()
        .start();
  }

  public int index() {
    return index;
  }

  public String address() {
    return "127.0.0.1:" + port;
  }

  /** Says that it is another node, as one behind an address of several does. */
  public void answerAs(String nodeId) {
    answersAs = nodeId;
  }

  String answersAs() {
    return answersAs;
  }

  public boolean isLeader() {
    return cluster.leaderIndex() == index;
  }

  /** Whether the present call is done here, or by a leader to whom this node passes it on. */
  boolean mayDo() {
    return isLeader() || (passesOn && cluster.leaderIndex() >= 0 && PASSED_ON.get().equals("g0"));
  }

  /** As a node that can't reach the leader either, or is of an older version. */
  public void passNothingOn() {
    passesOn = false;
  }

  /** As SIGKILL: connections break, new ones are refused. */
  public void kill() {
    server.shutdownNow();
    try {
      server.awaitTermination();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    objectStore.watches().forget();
  }

  public void restart() throws IOException {
    restartAt(InetAddress.getLoopbackAddress());
  }

  /** As a machine that comes back with another address. */
  public void restartAt(InetAddress host) throws IOException {
    server = start(host, port);
  }

  /** As a client names it that knows the machine by a name. */
  public String addressAt(String host) {
    return host + ":" + port;
  }

  /** As SIGSTOP: what arrives is neither executed nor answered, watches fall silent. */
  public void hang() {
    hanging = true;
  }

  public void wake() {
    hanging = false;
  }

  boolean isHanging() {
    return hanging;
  }

  /** Has applied no more than this transaction. */
  public void lagAt(long tid) {
    appliedMax = tid;
  }

  long appliedTid() {
    return Math.min(appliedMax, cluster.storage().lastTid());
  }

  /** Ends every watch at this node, as a server does with one that is too slow. */
  public void loseWatchers() {
    objectStore.watches().lose();
  }

  void tellLeader() {
    objectStore.watches().tellLeader();
  }

  /** What calls of the method said that they are part of, in order. */
  public List<String> traceParents(String method) {
    return traceParents.getOrDefault(method, List.of());
  }

  private final class Faults implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      String parent = headers.get(TRACE_PARENT);
      if (parent != null) {
        traceParents
            .computeIfAbsent(
                String.valueOf(call.getMethodDescriptor().getBareMethodName()),
                method -> new CopyOnWriteArrayList<>())
            .add(parent);
      }
      String method = call.getMethodDescriptor().getBareMethodName();
      Optional<Fault> fault = cluster.nextFault(String.valueOf(method), index);
      if (hanging || fault.filter(Fault.Silence.class::isInstance).isPresent()) {
        return new ServerCall.Listener<>() {};
      }
      if (fault.isPresent() && fault.get() instanceof Fault.Refusal refusal) {
        Metadata trailers = refusal.answer().getTrailers();
        call.close(refusal.answer().getStatus(), trailers == null ? new Metadata() : trailers);
        return new ServerCall.Listener<>() {};
      }
      String group = headers.get(PASS_ON);
      Context context = Context.current().withValue(PASSED_ON, group == null ? "" : group);
      return Contexts.interceptCall(
          context,
          fault.<ServerCall<Q, R>>map(given -> new Muted<>(call, given)).orElse(call),
          headers,
          next);
    }
  }

  /** Executes the call but keeps its answer. */
  private static final class Muted<Q, R>
      extends ForwardingServerCall.SimpleForwardingServerCall<Q, R> {
    private final Fault fault;

    Muted(ServerCall<Q, R> call, Fault fault) {
      super(call);
      this.fault = fault;
    }

    @Override
    public void sendMessage(R message) {}

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public void close(Status status, Metadata trailers) {
      if (fault instanceof Fault.AnswerLost) {
        super.close(Status.UNAVAILABLE.withDescription("connection reset"), new Metadata());
      }
    }
  }
}
