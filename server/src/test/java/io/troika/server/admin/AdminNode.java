package io.troika.server.admin;

import io.grpc.Status;
import io.troika.api.v1.AdminGrpc;
import io.troika.api.v1.AdminGrpc.AdminBlockingStub;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.Tid;
import io.troika.server.front.grpc.FrontFixture;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.MembershipChange;
import io.troika.server.service.ports.MembershipChange.Phase;
import io.troika.server.service.ports.MembershipControl;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.status.JobBoard;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The admin service of a node behind its front: {@code n1} of three, where the others are faked.
 */
final class AdminNode implements AutoCloseable {
  final FakeDigests digests = new FakeDigests();
  final FakeCluster cluster = new FakeCluster();

  /** Digests of this node that were taken where they may take long. */
  final AtomicInteger ownDigests = new AtomicInteger();

  private final FakeMembership membership = new FakeMembership();
  private final JobBoard jobs = new JobBoard(() -> 5_000);
  final ServiceFixture service = new ServiceFixture();
  private final FrontFixture front =
      new FrontFixture(
          service,
          AdminService.create(
              "n1",
              "1.2.3",
              service.groups,
              name -> cluster,
              membership,
              digests,
              this::takeDigest,
              jobs));

  private void takeDigest(Runnable task) {
    ownDigests.incrementAndGet();
    task.run();
  }

  AdminBlockingStub admin() {
    return AdminGrpc.newBlockingStub(front.channel).withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    front.close();
  }

  /** Three members; n3 does not answer. */
  static final class FakeCluster implements ClusterControl {
    final AtomicInteger transfers = new AtomicInteger();

    @Override
    public CompletableFuture<List<Member>> members(Duration answerTimeout) {
      return CompletableFuture.completedFuture(
          List.of(
              new Member("n2", "h:2", "h:7402", true, Role.FOLLOWER, 1, 10, 7, 5, 100),
              new Member("n1", "h:1", "h:7401", true, Role.LEADER, 1, 12, 12, 5, 100),
              new Member("n3", "h:3", "h:7403", false, Role.UNKNOWN, -1, -1, -1, -1, -1)));
    }

    @Override
    public CompletableFuture<Leadership> transferLeadership(String target, Duration timeout) {
      transfers.incrementAndGet();
      if (target.equals("n3")) {
        return CompletableFuture.failedFuture(new CompletionException(connectionLost()));
      }
      return target.equals("n2")
          ? CompletableFuture.completedFuture(new Leadership(2, "n2", "h:7402", false))
          : CompletableFuture.failedFuture(
              new IllegalArgumentException("node '%s' is not a member".formatted(target)));
    }

    /** As of a peer to which the connection broke while it was asked. */
    private static LaggingException connectionLost() {
      LaggingException failure = new LaggingException("node n3: does not answer");
      failure.initCause(
          new IOException(
              "peer n3 is lost",
              Status.UNAVAILABLE
                  .withCause(new IOException("Connection timed out"))
                  .asRuntimeException()));
      return failure;
    }

    @Override
    public CompletableFuture<LogPosition> takeSnapshot(Duration timeout) {
      return CompletableFuture.completedFuture(new LogPosition(3, 9));
    }
  }

  /** Answers what was asked for as done; whatever was asked for last is the newest. */
  static final class FakeMembership implements MembershipControl {
    private Optional<MembershipChange> newest = Optional.empty();

    private CompletableFuture<MembershipChange> done(String joining, String leaving) {
      MembershipChange change = new MembershipChange(joining, leaving, Phase.DONE, -1, "");
      newest = Optional.of(change);
      return CompletableFuture.completedFuture(change);
    }

    @Override
    public CompletableFuture<List<GroupInfo.Member>> settled() {
      return CompletableFuture.completedFuture(
          List.of(new GroupInfo.Member("n1", "h:1", "h:2", "h:3")));
    }

    @Override
    public CompletableFuture<MembershipChange> add(String nodeId, String peerAddress) {
      return done(nodeId + "@" + peerAddress, "");
    }

    @Override
    public CompletableFuture<MembershipChange> remove(String nodeId, boolean fewerThanThree) {
      return done("", nodeId + fewerThanThree);
    }

    @Override
    public CompletableFuture<MembershipChange> replace(
        String leaving, String joining, String peerAddress) {
      return done(joining + "@" + peerAddress, leaving);
    }

    @Override
    public CompletableFuture<Optional<MembershipChange>> newest() {
      return CompletableFuture.completedFuture(newest);
    }
  }

  /** Answers by address; fails where it knows nothing. */
  static final class FakeDigests implements ReplicaDigests {
    final Map<String, Bytes> digests = new ConcurrentHashMap<>();

    @Override
    public CompletableFuture<Bytes> digest(
        String clientAddress, String storage, Tid at, Duration patience) {
      Bytes digest = digests.get(clientAddress);
      return digest == null
          ? CompletableFuture.failedFuture(new IOException("connection refused"))
          : CompletableFuture.completedFuture(digest);
    }

    @Override
    public void close() {}
  }
}
