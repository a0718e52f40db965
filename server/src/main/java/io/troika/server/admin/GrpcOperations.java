package io.troika.server.admin;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.troika.api.v1.AdminGrpc;
import io.troika.api.v1.AdminGrpc.AdminBlockingStub;
import io.troika.api.v1.LeaderHint;
import io.troika.api.v1.PackRequest;
import io.troika.api.v1.PackStatus;
import io.troika.api.v1.TakeSnapshotRequest;
import io.troika.api.v1.TransferLeadershipRequest;
import io.troika.server.config.HostAndPort;
import io.troika.server.core.model.Tid;
import io.troika.server.operator.Backups;
import io.troika.server.operator.OperationFailedException;
import io.troika.server.operator.OperationFailedException.Reason;
import io.troika.server.operator.Operations;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.StoreService;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.ClusterControl.Member;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.tls.NodeTls;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Asks the gRPC service {@code troika.v1.Admin} of the leader, or of the node that is meant, as
 * this node. A connection for each call: there are few.
 */
public final class GrpcOperations implements Operations {
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  /**
   * As long as the node tries, and some seconds: what a large state has in memory takes a while.
   */
  private static final Duration SNAPSHOT_PATIENCE = AdminService.SNAPSHOT_MAX.plusSeconds(10);

  private static final long MEMBERS_SECONDS = 5;

  private final StoreGroups groups;
  private final ClusterControl cluster;
  private final NodeTls tls;
  private final InstantSource clock;
  private final Backups backups;

  /**
   * Connections as {@code tls} wants them.
   *
   * @param clock from which days are counted back
   * @param backups of this node
   */
  public GrpcOperations(
      StoreGroups groups,
      ClusterControl cluster,
      NodeTls tls,
      InstantSource clock,
      Backups backups) {
    this.groups = groups;
    this.cluster = cluster;
    this.tls = tls;
    this.clock = clock;
    this.backups = backups;
  }

  @Override
  public String transferLeadership(String group, String target, long expectedTerm) {
    LeaderHint leader =
        call(
            leaderAddress(() -> groups.group(group)),
            admin ->
                admin
                    .transferLeadership(
                        TransferLeadershipRequest.newBuilder()
                            .setGroup(group)
                            .setTarget(target)
                            .setExpectedTerm(expectedTerm)
                            .build())
                    .getLeader());
    String led = groups.all().size() == 1 ? "" : " group " + group;
    return "%s leads%s now, in term %s.".formatted(leader.getNodeId(), led, leader.getTerm());
  }

  @Override
  public String pack(String storage, int olderThanDays, boolean keepGarbage, String by) {
    Tid horizon =
        olderThanDays == 0
            ? Tid.MAX
            : Tid.ofInstant(clock.instant().minus(Duration.ofDays(olderThanDays)));
    PackStatus status =
        call(
            leaderAddress(() -> groups.of(storage)),
            admin ->
                admin
                    .pack(
                        PackRequest.newBuilder()
                            .setStorage(storage)
                            .setHorizon(horizon.value())
                            .setKeepGarbage(keepGarbage)
                            .setBy(by)
                            .build())
                    .getStatus());
    return status.getRunning()
        ? "The pack of %s has begun.".formatted(storage)
        : "There was nothing to pack in %s.".formatted(storage);
  }

  @Override
  public boolean canBackUp() {
    return backups.isPossible();
  }

  @Override
  public String backUp(String storage, String by) {
    return backups.begin(storage, by);
  }

  @Override
  public String takeSnapshot(String node) {
    String address = addressOf(node);
    List<String> durable = new ArrayList<>();
    for (StoreService service : groups.all()) {
      TakeSnapshotRequest request =
          TakeSnapshotRequest.newBuilder().setGroup(service.group()).build();
      long index =
          call(address, SNAPSHOT_PATIENCE, admin -> admin.takeSnapshot(request).getIndex());
      durable.add(index + (groups.all().size() == 1 ? "" : " of " + service.group()));
    }
    return "What %s has applied up to entry %s is durable."
        .formatted(node, String.join(", ", durable));
  }

  private static String leaderAddress(Supplier<StoreService> service) {
    Leadership leadership;
    try {
      leadership = service.get().leadership();
    } catch (IllegalArgumentException e) {
      throw new OperationFailedException(
          Reason.INVALID_ARGUMENT, String.valueOf(e.getMessage()), e);
    } catch (LaggingException e) {
      throw new OperationFailedException(Reason.UNAVAILABLE, String.valueOf(e.getMessage()), e);
    }
    if (leadership.leaderClientAddress().isEmpty()) {
      throw new OperationFailedException(Reason.UNAVAILABLE, "No leader is known now.");
    }
    return leadership.leaderClientAddress();
  }

  private String addressOf(String node) {
    return members().stream()
        .filter(member -> member.nodeId().equals(node))
        .findFirst()
        .map(Member::clientAddress)
        .orElseThrow(
            () ->
                new OperationFailedException(
                    Reason.INVALID_ARGUMENT, "No node %s is a member.".formatted(node)));
  }

  private List<Member> members() {
    try {
      return cluster.members().get(MEMBERS_SECONDS, SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new OperationFailedException(
          Reason.UNAVAILABLE, "The members are not known: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OperationFailedException(Reason.UNAVAILABLE, "This node stops.", e);
    }
  }

  private <T> T call(String address, Function<AdminBlockingStub, T> ask) {
    return call(address, PATIENCE, ask);
  }

  private <T> T call(String address, Duration patience, Function<AdminBlockingStub, T> ask) {
    ManagedChannel channel =
        NettyChannelBuilder.forTarget("dns:///" + HostAndPort.parse(address), tls.toNode())
            .proxyDetector(target -> null)
            .build();
    try {
      return ask.apply(
          AdminGrpc.newBlockingStub(channel).withDeadlineAfter(patience.toNanos(), NANOSECONDS));
    } catch (StatusRuntimeException e) {
      String said = e.getStatus().getDescription();
      throw new OperationFailedException(
          reason(e.getStatus().getCode()),
          said == null ? e.getStatus().getCode() + " from " + address : said,
          e);
    } finally {
      channel.shutdownNow();
    }
  }

  private static Reason reason(Status.Code code) {
    return switch (code) {
      case INVALID_ARGUMENT, NOT_FOUND, FAILED_PRECONDITION, OUT_OF_RANGE, ABORTED ->
          Reason.INVALID_ARGUMENT;
      case UNAUTHENTICATED -> Reason.UNAUTHENTICATED;
      case PERMISSION_DENIED -> Reason.PERMISSION_DENIED;
      case RESOURCE_EXHAUSTED -> Reason.RESOURCE_EXHAUSTED;
      case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED -> Reason.UNAVAILABLE;
      default -> Reason.INTERNAL;
    };
  }
}
