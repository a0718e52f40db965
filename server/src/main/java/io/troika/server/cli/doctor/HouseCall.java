package io.troika.server.cli.doctor;

import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.troika.api.v1.AdminGrpc;
import io.troika.api.v1.GetClusterStatusRequest;
import io.troika.api.v1.GetClusterStatusResponse;
import io.troika.api.v1.GetNodeReportRequest;
import io.troika.api.v1.MonitorGrpc;
import io.troika.api.v1.NodeReport;
import io.troika.api.v1.NodeStatus;
import io.troika.client.internal.connection.BearerToken;
import io.troika.server.config.HostAndPort;
import io.troika.server.tls.NodeTls;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Asks all nodes of a cluster, at the same time, what is to be known of them. */
final class HouseCall implements AutoCloseable {
  /** Between two looks: who lags and is well has moved by then. */
  private static final long PAUSE_MILLIS = 1_500;

  private static final int THREADS = 16;
  private static final double NANOS_PER_MILLI = 1e6;

  private final NodeTls tls;
  private final Duration patience;
  private final List<ClientInterceptor> token;
  private final Map<HostAndPort, ManagedChannel> channels = new HashMap<>(); // guarded by this
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          THREADS,
          task -> {
            Thread thread = new Thread(task, "doctor");
            thread.setDaemon(true);
            return thread;
          });

  /**
   * Asks nobody yet.
   *
   * @param tls belongs to the caller
   * @param patience how long a node may take for an answer
   * @param token shows who asks, where certificates don't
   */
  HouseCall(NodeTls tls, Duration patience, Optional<BearerToken> token) {
    this.tls = tls;
    this.patience = patience;
    this.token = token.map(BearerToken::interceptor).stream().toList();
  }

  /**
   * Asks the nodes at these addresses, and those that they know of.
   *
   * @param ownCertificateExpires null without TLS
   */
  Examination examine(List<HostAndPort> endpoints, @Nullable Instant ownCertificateExpires)
      throws InterruptedException {
    List<NodeAnswer> answers = new ArrayList<>(forEach(endpoints, this::ask));
    answers.addAll(forEach(unasked(answers, endpoints), this::ask));
    Map<String, NodeStatus> members = Examination.members(answers);
    Set<String> answered = ids(answers);
    List<NodeAnswer> named =
        distinct(answers.stream().map(each -> named(each, members, answered)).toList());
    TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    List<GetClusterStatusResponse> later =
        forEach(addresses(named), this::statusAgain).stream().flatMap(Optional::stream).toList();
    return new Examination(named, later, ownCertificateExpires, Instant.now());
  }

  private static List<HostAndPort> addresses(List<NodeAnswer> answers) {
    return answers.stream()
        .filter(NodeAnswer::answered)
        .map(each -> HostAndPort.parse(each.address()))
        .toList();
  }

  private static Set<String> ids(List<NodeAnswer> answers) {
    return answers.stream()
        .filter(NodeAnswer::answered)
        .map(NodeAnswer::nodeId)
        .collect(Collectors.toSet());
  }

  /** Where the members are that were not met at the addresses that were asked. */
  private static List<HostAndPort> unasked(List<NodeAnswer> answers, List<HostAndPort> asked) {
    Set<String> met = ids(answers);
    return Examination.members(answers).values().stream()
        .filter(member -> !met.contains(member.getNodeId()))
        .map(member -> HostAndPort.parse(member.getClientAddress()))
        .filter(address -> !asked.contains(address))
        .toList();
  }

  /** Who did not answer is known by its address, or because nobody else is missing. */
  private static NodeAnswer named(
      NodeAnswer answer, Map<String, NodeStatus> members, Set<String> answered) {
    if (answer.answered()) {
      return answer;
    }
    List<String> missing =
        members.values().stream()
            .map(NodeStatus::getNodeId)
            .filter(id -> !answered.contains(id))
            .toList();
    String id =
        members.values().stream()
            .filter(member -> member.getClientAddress().equals(answer.address()))
            .map(NodeStatus::getNodeId)
            .findFirst()
            .orElse(missing.size() == 1 ? missing.get(0) : "");
    return new NodeAnswer(
        id,
        answer.address(),
        null,
        null,
        answer.failure(),
        Duration.ZERO,
        Duration.ZERO,
        answer.certificateExpires());
  }

  /** A node that is there under two addresses is one node; an address without any counts too. */
  private static List<NodeAnswer> distinct(List<NodeAnswer> answers) {
    Map<String, NodeAnswer> byNode = new HashMap<>();
    List<NodeAnswer> unknown = new ArrayList<>();
    for (NodeAnswer each : answers) {
      if (each.nodeId().isEmpty()) {
        unknown.add(each);
      } else {
        byNode.merge(each.nodeId(), each, (one, other) -> one.answered() ? one : other);
      }
    }
    List<NodeAnswer> all = new ArrayList<>(byNode.values());
    all.addAll(unknown);
    all.sort(Comparator.comparing(NodeAnswer::nodeId).thenComparing(NodeAnswer::address));
    return all;
  }

  private <T> List<T> forEach(List<HostAndPort> addresses, Function<HostAndPort, T> question) {
    List<CompletableFuture<T>> answers =
        new LinkedHashSet<>(addresses)
            .stream()
                .map(
                    address ->
                        CompletableFuture.supplyAsync(() -> question.apply(address), threads))
                .toList();
    return answers.stream().map(CompletableFuture::join).toList();
  }

  private NodeAnswer ask(HostAndPort address) {
    Instant expires = CertificateProbe.expires(address, tls, patience);
    ManagedChannel channel = channel(address);
    try {
      // First what takes the connection's time, so that the other tells the clock well.
      GetClusterStatusResponse status = status(channel);
      long asked = System.currentTimeMillis();
      long began = System.nanoTime();
      NodeReport report =
          MonitorGrpc.newBlockingStub(channel)
              .withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS)
              .getNodeReport(GetNodeReportRequest.getDefaultInstance());
      long roundTrip = Math.round((System.nanoTime() - began) / NANOS_PER_MILLI);
      return new NodeAnswer(
          report.getNodeId(),
          address.toString(),
          report,
          status,
          "",
          Duration.ofMillis(report.getClockMillis() - asked - roundTrip / 2),
          Duration.ofMillis(roundTrip),
          expires);
    } catch (StatusRuntimeException e) {
      return new NodeAnswer(
          "", address.toString(), null, null, cause(e), Duration.ZERO, Duration.ZERO, expires);
    }
  }

  private GetClusterStatusResponse status(ManagedChannel channel) {
    return AdminGrpc.newBlockingStub(channel)
        .withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS)
        .getClusterStatus(GetClusterStatusRequest.getDefaultInstance());
  }

  /** Empty if it does not answer any more. */
  private Optional<GetClusterStatusResponse> statusAgain(HostAndPort address) {
    try {
      return Optional.of(status(channel(address)));
    } catch (StatusRuntimeException e) {
      return Optional.empty();
    }
  }

  private synchronized ManagedChannel channel(HostAndPort address) {
    return channels.computeIfAbsent(
        address,
        where ->
            NettyChannelBuilder.forTarget("dns:///" + where, tls.toNode())
                .proxyDetector(reached -> null)
                .intercept(token)
                .build());
  }

  /** The innermost cause says it in the words of the system, as "Connection refused". */
  private static String cause(StatusRuntimeException failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage())
        .lines()
        .findFirst()
        .orElse("")
        .replaceFirst("^[a-zA-Z]+\\(\\.\\.\\) failed with error\\(-?[0-9]+\\): ", "");
  }

  @Override
  public synchronized void close() {
    channels.values().forEach(ManagedChannel::shutdownNow);
    threads.shutdownNow();
  }
}
