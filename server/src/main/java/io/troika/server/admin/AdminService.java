package io.troika.server.admin;

import static io.troika.server.core.model.Checks.requireArgument;

import io.grpc.stub.StreamObserver;
import io.troika.api.v1.AddNodeRequest;
import io.troika.api.v1.AdminGrpc;
import io.troika.api.v1.CreateGroupRequest;
import io.troika.api.v1.CreateGroupResponse;
import io.troika.api.v1.CreateStorageRequest;
import io.troika.api.v1.CreateStorageResponse;
import io.troika.api.v1.DropGroupRequest;
import io.troika.api.v1.DropGroupResponse;
import io.troika.api.v1.DropStorageRequest;
import io.troika.api.v1.DropStorageResponse;
import io.troika.api.v1.GetClusterStatusRequest;
import io.troika.api.v1.GetClusterStatusResponse;
import io.troika.api.v1.GetDigestRequest;
import io.troika.api.v1.GetDigestResponse;
import io.troika.api.v1.GetNodeChangeRequest;
import io.troika.api.v1.GetPackStatusRequest;
import io.troika.api.v1.GrantAccessRequest;
import io.troika.api.v1.GrantAccessResponse;
import io.troika.api.v1.GroupStatus;
import io.troika.api.v1.ListAccessRequest;
import io.troika.api.v1.ListAccessResponse;
import io.troika.api.v1.ListStoragesRequest;
import io.troika.api.v1.ListStoragesResponse;
import io.troika.api.v1.NodeChangeResponse;
import io.troika.api.v1.PackRequest;
import io.troika.api.v1.PackResponse;
import io.troika.api.v1.PlaceStorageRequest;
import io.troika.api.v1.PlaceStorageResponse;
import io.troika.api.v1.RemoveNodeRequest;
import io.troika.api.v1.RenameStorageRequest;
import io.troika.api.v1.RenameStorageResponse;
import io.troika.api.v1.ReplaceNodeRequest;
import io.troika.api.v1.ReplaceStorageRequest;
import io.troika.api.v1.ReplaceStorageResponse;
import io.troika.api.v1.ReportJobRequest;
import io.troika.api.v1.ReportJobResponse;
import io.troika.api.v1.RevokeAccessRequest;
import io.troika.api.v1.RevokeAccessResponse;
import io.troika.api.v1.SealGroupRequest;
import io.troika.api.v1.SealGroupResponse;
import io.troika.api.v1.SetStorageQuotaRequest;
import io.troika.api.v1.SetStorageQuotaResponse;
import io.troika.api.v1.StorageInfo;
import io.troika.api.v1.TakeSnapshotRequest;
import io.troika.api.v1.TakeSnapshotResponse;
import io.troika.api.v1.TransferLeadershipRequest;
import io.troika.api.v1.TransferLeadershipResponse;
import io.troika.api.v1.UnplaceStorageRequest;
import io.troika.api.v1.UnplaceStorageResponse;
import io.troika.api.v1.VerifyRequest;
import io.troika.api.v1.VerifyResponse;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.core.model.Tid;
import io.troika.server.messages.ByteStrings;
import io.troika.server.messages.StorageMessages;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.ClusterControl.Member;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.MembershipControl;
import io.troika.server.status.JobBoard;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;

/**
 * The gRPC service {@code troika.v1.Admin} of one node. Failures are handed on as they are; the
 * server it is put into makes statuses of them, as it does for the object store. Calls may read
 * much: they run on the server's pool.
 */
public final class AdminService extends AdminGrpc.AdminImplBase {
  /** Ratis tries this long to hand leadership over. */
  private static final Duration TRANSFER_MAX = Duration.ofSeconds(10);

  /** A node tries this long to take a snapshot. */
  static final Duration SNAPSHOT_MAX = Duration.ofSeconds(60);

  /** A digest reads a whole storage, and first waits until the node has applied its tid. */
  private static final Duration DIGEST_WAIT_MAX = Duration.ofSeconds(30);

  private final String nodeId;
  private final String version;
  private final StoreGroups groups;
  private final StorageCalls storages;
  private final GroupCalls raftGroups;
  private final ClusterControl cluster;
  private final Function<String, ClusterControl> clusters;
  private final MembershipControl membership;
  private final Executor digests;
  private final ReplicaComparison comparison;
  private final JobBoard jobs;

  private AdminService(
      String nodeId,
      String version,
      StoreGroups groups,
      Function<String, ClusterControl> clusters,
      MembershipControl membership,
      ReplicaDigests replicas,
      Executor digests,
      JobBoard jobs) {
    this.nodeId = nodeId;
    this.version = version;
    this.groups = groups;
    this.storages = new StorageCalls(groups);
    this.raftGroups = new GroupCalls(groups, clusters, membership);
    this.clusters = clusters;
    this.cluster = clusters.apply(GroupInfo.MAIN);
    this.membership = membership;
    this.jobs = jobs;
    this.digests = digests;
    this.comparison = new ReplicaComparison(nodeId, groups, clusters, replicas, digests);
  }

  /**
   * Not started by itself: goes into the server of the gRPC front.
   *
   * @param nodeId this node
   * @param version what {@code GetClusterStatus} says
   * @param clusters this node's part in each group, by name
   * @param membership changes who belongs to the group
   * @param replicas how the digests of the other nodes are asked for; closed by the caller
   * @param digests takes those of this node, each for long; closed by the caller
   * @param jobs what this node was told of jobs
   */
  public static AdminService create(
      String nodeId,
      String version,
      StoreGroups groups,
      Function<String, ClusterControl> clusters,
      MembershipControl membership,
      ReplicaDigests replicas,
      Executor digests,
      JobBoard jobs) {
    return new AdminService(nodeId, version, groups, clusters, membership, replicas, digests, jobs);
  }

  @Override
  public void getClusterStatus(
      GetClusterStatusRequest request, StreamObserver<GetClusterStatusResponse> observer) {
    Answers.answer(
        observer,
        () -> {
          // Now: the members' answers come on threads that must not wait for the store.
          List<StorageInfo> storages = AdminMessages.storages(groups);
          return cluster
              .members()
              .thenCombine(
                  raftGroups.others(), (members, others) -> new Seen(members, others, storages));
        },
        seen -> {
          GetClusterStatusResponse.Builder status = GetClusterStatusResponse.newBuilder();
          groups.clusterId().map(StorageMessages::uuid).ifPresent(status::setClusterId);
          return status
              .setAnsweringNode(nodeId)
              .setVersion(version)
              .setLeader(AdminMessages.leaderHint(groups.main().leadership()))
              .addAllNodes(AdminMessages.nodes(seen.members()))
              .addAllStorages(seen.storages())
              .addAllJobs(jobs.jobs().stream().map(JobMessages::message).toList())
              .addAllGroups(seen.groups())
              .build();
        });
  }

  private record Seen(List<Member> members, List<GroupStatus> groups, List<StorageInfo> storages) {}

  @Override
  public void createGroup(
      CreateGroupRequest request, StreamObserver<CreateGroupResponse> observer) {
    raftGroups.createGroup(request, observer);
  }

  @Override
  public void sealGroup(SealGroupRequest request, StreamObserver<SealGroupResponse> observer) {
    raftGroups.sealGroup(request, observer);
  }

  @Override
  public void dropGroup(DropGroupRequest request, StreamObserver<DropGroupResponse> observer) {
    raftGroups.dropGroup(request, observer);
  }

  @Override
  public void placeStorage(
      PlaceStorageRequest request, StreamObserver<PlaceStorageResponse> observer) {
    raftGroups.placeStorage(request, observer);
  }

  @Override
  public void unplaceStorage(
      UnplaceStorageRequest request, StreamObserver<UnplaceStorageResponse> observer) {
    raftGroups.unplaceStorage(request, observer);
  }

  @Override
  public void transferLeadership(
      TransferLeadershipRequest request, StreamObserver<TransferLeadershipResponse> observer) {
    Answers.answer(
        observer,
        () ->
            isDone(request)
                ? CompletableFuture.completedFuture(groups.group(request.getGroup()).leadership())
                : control(request.getGroup()).transferLeadership(request.getTarget(), TRANSFER_MAX),
        leadership ->
            TransferLeadershipResponse.newBuilder()
                .setLeader(AdminMessages.leaderHint(leadership))
                .build());
  }

  private ClusterControl control(String group) {
    return group.isEmpty() ? cluster : clusters.apply(group);
  }

  /** Whether an earlier copy of the request, or an election, has done what it asks for. */
  private boolean isDone(TransferLeadershipRequest request) {
    Leadership present = groups.group(request.getGroup()).leadership();
    long expected = request.getExpectedTerm();
    requireArgument(expected >= 0, "expected term %s: too large", Long.toUnsignedString(expected));
    if (expected == 0 || !present.isKnown() || present.term() <= expected) {
      return false;
    }
    return request.getTarget().isEmpty() || request.getTarget().equals(present.leader());
  }

  @Override
  public void addNode(AddNodeRequest request, StreamObserver<NodeChangeResponse> observer) {
    requireArgument(!request.getNodeId().isEmpty(), "node_id: expected a node id, found nothing");
    Answers.answer(
        observer,
        () -> membership.add(request.getNodeId(), request.getPeerAddress()),
        AdminMessages::nodeChange);
  }

  @Override
  public void removeNode(RemoveNodeRequest request, StreamObserver<NodeChangeResponse> observer) {
    requireArgument(!request.getNodeId().isEmpty(), "node_id: expected a node id, found nothing");
    Answers.answer(
        observer,
        () -> membership.remove(request.getNodeId(), request.getFewerThanThree()),
        AdminMessages::nodeChange);
  }

  @Override
  public void replaceNode(ReplaceNodeRequest request, StreamObserver<NodeChangeResponse> observer) {
    requireArgument(!request.getLeaving().isEmpty(), "leaving: expected a node id, found nothing");
    requireArgument(!request.getJoining().isEmpty(), "joining: expected a node id, found nothing");
    Answers.answer(
        observer,
        () ->
            membership.replace(
                request.getLeaving(), request.getJoining(), request.getPeerAddress()),
        AdminMessages::nodeChange);
  }

  @Override
  public void getNodeChange(
      GetNodeChangeRequest request, StreamObserver<NodeChangeResponse> observer) {
    Answers.answer(
        observer,
        membership::newest,
        change ->
            change.map(AdminMessages::nodeChange).orElse(NodeChangeResponse.getDefaultInstance()));
  }

  @Override
  public void takeSnapshot(
      TakeSnapshotRequest request, StreamObserver<TakeSnapshotResponse> observer) {
    Answers.answer(
        observer,
        () -> control(request.getGroup()).takeSnapshot(SNAPSHOT_MAX),
        position ->
            TakeSnapshotResponse.newBuilder()
                .setTerm(position.term())
                .setIndex(Math.max(0, position.index()))
                .build());
  }

  @Override
  public void getDigest(GetDigestRequest request, StreamObserver<GetDigestResponse> observer) {
    long at = request.getAt();
    requireArgument(at >= 0, "at 0x%x: expected a tid, which is below 2^63", at);
    Answers.answer(
        observer,
        () ->
            groups
                .of(request.getStorage())
                .reads()
                .digest(request.getStorage(), new Tid(at), DIGEST_WAIT_MAX, digests),
        digest ->
            GetDigestResponse.newBuilder()
                .setDigest(ByteStrings.of(digest.sha256()))
                .setAt(digest.at().value())
                .setRevisions(digest.revisions())
                .build());
  }

  @Override
  public void verify(VerifyRequest request, StreamObserver<VerifyResponse> observer) {
    Answers.answer(
        observer, () -> comparison.compare(request.getStorage()), AdminMessages::verification);
  }

  @Override
  public void listStorages(
      ListStoragesRequest request, StreamObserver<ListStoragesResponse> observer) {
    storages.listStorages(request, observer);
  }

  @Override
  public void createStorage(
      CreateStorageRequest request, StreamObserver<CreateStorageResponse> observer) {
    storages.createStorage(request, observer);
  }

  @Override
  public void replaceStorage(
      ReplaceStorageRequest request, StreamObserver<ReplaceStorageResponse> observer) {
    storages.replaceStorage(request, observer);
  }

  @Override
  public void dropStorage(
      DropStorageRequest request, StreamObserver<DropStorageResponse> observer) {
    storages.dropStorage(request, observer);
  }

  @Override
  public void renameStorage(
      RenameStorageRequest request, StreamObserver<RenameStorageResponse> observer) {
    storages.renameStorage(request, observer);
  }

  @Override
  public void setStorageQuota(
      SetStorageQuotaRequest request, StreamObserver<SetStorageQuotaResponse> observer) {
    storages.setStorageQuota(request, observer);
  }

  @Override
  public void pack(PackRequest request, StreamObserver<PackResponse> observer) {
    storages.pack(request, observer);
  }

  @Override
  public void getPackStatus(GetPackStatusRequest request, StreamObserver<PackResponse> observer) {
    storages.getPackStatus(request, observer);
  }

  @Override
  public void grantAccess(
      GrantAccessRequest request, StreamObserver<GrantAccessResponse> observer) {
    Answers.answer(
        observer,
        () -> groups.main().access().grant(AccessMessages.grant(request)),
        done -> GrantAccessResponse.getDefaultInstance());
  }

  @Override
  public void revokeAccess(
      RevokeAccessRequest request, StreamObserver<RevokeAccessResponse> observer) {
    Answers.answer(
        observer,
        () ->
            groups.main().access().revoke(AccessMessages.key(request.getKind(), request.getName())),
        revoked -> RevokeAccessResponse.newBuilder().setRevoked(revoked).build());
  }

  @Override
  public void listAccess(ListAccessRequest request, StreamObserver<ListAccessResponse> observer) {
    Answers.answer(
        observer,
        () -> CompletableFuture.completedFuture(groups.main().access().grants()),
        grants ->
            ListAccessResponse.newBuilder()
                .addAllGrants(grants.stream().map(AccessMessages::grant).toList())
                .build());
  }

  @Override
  public void reportJob(ReportJobRequest request, StreamObserver<ReportJobResponse> observer) {
    requireArgument(!request.getJob().getId().isEmpty(), "job.id: expected an id, found nothing");
    jobs.heard(JobMessages.job(request.getJob()));
    observer.onNext(ReportJobResponse.getDefaultInstance());
    observer.onCompleted();
  }
}
