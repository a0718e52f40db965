package io.troika.client.internal.admin;

import io.troika.api.v1.GetClusterStatusRequest;
import io.troika.api.v1.GetDigestRequest;
import io.troika.api.v1.GetOutcomeRequest;
import io.troika.api.v1.GetPackStatusRequest;
import io.troika.api.v1.PackRequest;
import io.troika.api.v1.ReportJobRequest;
import io.troika.api.v1.TakeSnapshotRequest;
import io.troika.api.v1.TransferLeadershipRequest;
import io.troika.api.v1.VerifyRequest;
import io.troika.client.AccessGrant;
import io.troika.client.ClusterAdmin;
import io.troika.client.ClusterStatus;
import io.troika.client.GroupStatus;
import io.troika.client.InvalidRequestException;
import io.troika.client.Job;
import io.troika.client.LeaderInfo;
import io.troika.client.NodeChange;
import io.troika.client.Outcome;
import io.troika.client.PackStatus;
import io.troika.client.SnapshotPosition;
import io.troika.client.StorageDigest;
import io.troika.client.StorageInfo;
import io.troika.client.StorageReplacement;
import io.troika.client.Tid;
import io.troika.client.TransactionId;
import io.troika.client.VerifyReport;
import io.troika.client.internal.Futures;
import io.troika.client.internal.codec.AdminCodec;
import io.troika.client.internal.codec.HistoryCodec;
import io.troika.client.internal.codec.JobCodec;
import io.troika.client.internal.codec.ValueCodec;
import io.troika.client.internal.connection.CallPlan;
import io.troika.client.internal.connection.Cluster;
import io.troika.client.internal.connection.Rpc;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/** What operators ask of a cluster and do to it. */
public final class ClusterAdminClient implements ClusterAdmin {
  private final Cluster cluster;
  private final GroupCalls groups;
  private final NodeCalls nodes;
  private final StorageCalls storages;
  private final AccessCalls access;

  /** For operators of this cluster. */
  public ClusterAdminClient(Cluster cluster) {
    this.cluster = cluster;
    this.groups = new GroupCalls(cluster);
    this.nodes = new NodeCalls(cluster);
    this.storages = new StorageCalls(cluster);
    this.access = new AccessCalls(cluster);
  }

  @Override
  public ClusterStatus status() {
    return status(cluster.plan());
  }

  @Override
  public ClusterStatus statusOf(String address) {
    return status(cluster.plan().at(address));
  }

  private ClusterStatus status(CallPlan plan) {
    GetClusterStatusRequest request = GetClusterStatusRequest.getDefaultInstance();
    return Futures.await(
        cluster.call(Rpc.CLUSTER_STATUS, request, plan).thenApply(AdminCodec::status));
  }

  @Override
  public LeaderInfo transferLeadership(String targetNodeId) {
    return Futures.await(
        cluster
            .call(Rpc.LEADER_STATUS, GetClusterStatusRequest.getDefaultInstance())
            .thenCompose(
                status ->
                    transfer(LeaderInfo.MAIN_GROUP, targetNodeId, status.getLeader().getTerm())));
  }

  @Override
  public LeaderInfo transferLeadership(String group, String targetNodeId) {
    if (group.equals(LeaderInfo.MAIN_GROUP)) {
      return transferLeadership(targetNodeId);
    }
    return Futures.await(transfer(group, targetNodeId, ofGroup(group).leader().term()));
  }

  /** Names the term that is to end: so a request whose answer was lost may be sent again. */
  private CompletableFuture<LeaderInfo> transfer(
      String group, String targetNodeId, long expectedTerm) {
    TransferLeadershipRequest request =
        TransferLeadershipRequest.newBuilder()
            .setGroup(group)
            .setTarget(targetNodeId)
            .setExpectedTerm(expectedTerm)
            .build();
    return cluster
        .call(
            Rpc.TRANSFER_LEADERSHIP,
            request,
            CallPlan.patient(cluster.plan().timeout()).toLeaderOf(group))
        .thenApply(answer -> ValueCodec.leader(answer.getLeader()));
  }

  private GroupStatus ofGroup(String name) {
    return status().groups().stream()
        .filter(group -> group.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new InvalidRequestException("there is no group '" + name + "'", null));
  }

  @Override
  public void createGroup(String name) {
    groups.create(name);
  }

  @Override
  public void dropGroup(String name) {
    boolean isThere =
        name.equals(LeaderInfo.MAIN_GROUP)
            || status().groups().stream().anyMatch(group -> group.name().equals(name));
    groups.drop(name, isThere);
  }

  @Override
  public NodeChange addNode(String nodeId, String peerAddress) {
    return nodes.add(nodeId, peerAddress);
  }

  @Override
  public NodeChange removeNode(String nodeId, boolean fewerThanThree) {
    return nodes.remove(nodeId, fewerThanThree);
  }

  @Override
  public NodeChange replaceNode(String leaving, String joining, String peerAddress) {
    return nodes.replace(leaving, joining, peerAddress);
  }

  @Override
  public Optional<NodeChange> nodeChange() {
    return nodes.newest();
  }

  @Override
  public SnapshotPosition takeSnapshot(String address) {
    SnapshotPosition position = takeSnapshot(address, LeaderInfo.MAIN_GROUP);
    for (GroupStatus group : statusOf(address).groups()) {
      if (!group.nodes().isEmpty()) {
        SnapshotPosition unused = takeSnapshot(address, group.name());
      }
    }
    return position;
  }

  @Override
  public SnapshotPosition takeSnapshot(String address, String group) {
    return Futures.await(
        cluster
            .call(
                Rpc.TAKE_SNAPSHOT,
                TakeSnapshotRequest.newBuilder().setGroup(group).build(),
                CallPlan.patient(cluster.plan().timeout()).at(address))
            .thenApply(answer -> new SnapshotPosition(answer.getTerm(), answer.getIndex())));
  }

  @Override
  public VerifyReport verify(String storage, Duration timeout) {
    VerifyRequest request = VerifyRequest.newBuilder().setStorage(storage).build();
    return Futures.await(
        cluster
            .call(Rpc.VERIFY, request, CallPlan.patient(timeout).about(storage))
            .thenApply(AdminCodec::report));
  }

  @Override
  public StorageDigest digest(String storage, String address, Duration timeout) {
    GetDigestRequest request = GetDigestRequest.newBuilder().setStorage(storage).build();
    return Futures.await(
        cluster
            .call(Rpc.GET_DIGEST, request, CallPlan.patient(timeout).at(address))
            .thenApply(AdminCodec::digest));
  }

  @Override
  public PackStatus pack(String storage, Tid horizon, boolean collectGarbage) {
    return pack(storage, horizon, collectGarbage, "");
  }

  @Override
  public PackStatus pack(String storage, Tid horizon, boolean collectGarbage, String by) {
    PackRequest request =
        PackRequest.newBuilder()
            .setStorage(storage)
            .setHorizon(horizon.value())
            .setKeepGarbage(!collectGarbage)
            .setBy(by)
            .build();
    return Futures.await(
        cluster
            .call(Rpc.PACK, request, cluster.plan().about(storage))
            .thenApply(answer -> AdminCodec.pack(answer.getStatus())));
  }

  @Override
  public Optional<PackStatus> packStatus(String storage) {
    GetPackStatusRequest request = GetPackStatusRequest.newBuilder().setStorage(storage).build();
    return Futures.await(
        cluster
            .call(Rpc.PACK_STATUS, request, cluster.plan().about(storage))
            .thenApply(
                answer ->
                    answer.hasStatus()
                        ? Optional.of(AdminCodec.pack(answer.getStatus()))
                        : Optional.empty()));
  }

  @Override
  public List<StorageInfo> storages() {
    return storages.all();
  }

  @Override
  public StorageInfo createStorage(String name, String group) {
    return storages.create(name, group);
  }

  @Override
  public StorageInfo createStorage(String name) {
    return storages.create(name);
  }

  @Override
  public Tid replaceStorage(StorageReplacement replacement) {
    return storages.replace(replacement);
  }

  @Override
  public void dropStorage(String name, long epoch) {
    storages.drop(name, epoch);
  }

  @Override
  public StorageInfo renameStorage(String name, String newName) {
    return storages.rename(name, newName);
  }

  @Override
  public StorageInfo setQuota(String name, OptionalLong bytes) {
    return storages.setQuota(name, bytes);
  }

  @Override
  public String createToken(AccessGrant grant) {
    return access.createToken(grant);
  }

  @Override
  public void grant(AccessGrant grant) {
    access.grant(grant);
  }

  @Override
  public void reportJob(Job job) {
    ReportJobRequest request = ReportJobRequest.newBuilder().setJob(JobCodec.message(job)).build();
    var unused = Futures.await(cluster.call(Rpc.REPORT_JOB, request));
  }

  @Override
  public boolean revoke(AccessGrant.Kind kind, String name) {
    return access.revoke(kind, name);
  }

  @Override
  public List<AccessGrant> grants() {
    return access.grants();
  }

  /** What became of a transaction; with {@code abandon} it gets an outcome if it has none. */
  public Outcome outcome(TransactionId id, boolean abandon) {
    Outcome outcome = outcome(id, abandon, LeaderInfo.MAIN_GROUP);
    if (!isOpen(outcome)) {
      return outcome;
    }
    // An id does not say in which group its transaction is. The leader knows all groups: one that
    // another node has not heard of yet would be passed over, and the transaction taken for open.
    for (GroupStatus group : leaderStatus().groups()) {
      Outcome there = outcome(id, abandon, group.name());
      if (!isOpen(there)) {
        return there;
      }
    }
    return outcome;
  }

  private ClusterStatus leaderStatus() {
    return Futures.await(
        cluster
            .call(Rpc.LEADER_STATUS, GetClusterStatusRequest.getDefaultInstance())
            .thenApply(AdminCodec::status));
  }

  private static boolean isOpen(Outcome outcome) {
    return outcome instanceof Outcome.NotSeen || outcome instanceof Outcome.Abandoned;
  }

  private Outcome outcome(TransactionId id, boolean abandon, String group) {
    GetOutcomeRequest request =
        GetOutcomeRequest.newBuilder()
            .setId(ValueCodec.transactionId(id))
            .setAbandon(abandon)
            .setGroup(group)
            .build();
    return Futures.await(
        cluster
            .call(Rpc.GET_OUTCOME, request, cluster.plan().toLeaderOf(group))
            .thenApply(HistoryCodec::outcome));
  }
}
