package io.troika.client.internal.transaction;

import static io.troika.client.internal.Checks.requireArgument;

import com.google.protobuf.ByteString;
import io.troika.api.v1.AddNodeRequest;
import io.troika.api.v1.CreateStorageRequest;
import io.troika.api.v1.DropStorageRequest;
import io.troika.api.v1.GetClusterStatusRequest;
import io.troika.api.v1.GetDigestRequest;
import io.troika.api.v1.GetNodeChangeRequest;
import io.troika.api.v1.GetOutcomeRequest;
import io.troika.api.v1.GetPackStatusRequest;
import io.troika.api.v1.GrantAccessRequest;
import io.troika.api.v1.ListAccessRequest;
import io.troika.api.v1.ListStoragesRequest;
import io.troika.api.v1.NodeChangeResponse;
import io.troika.api.v1.PackRequest;
import io.troika.api.v1.RemoveNodeRequest;
import io.troika.api.v1.RenameStorageRequest;
import io.troika.api.v1.ReplaceNodeRequest;
import io.troika.api.v1.ReplaceStorageRequest;
import io.troika.api.v1.ReportJobRequest;
import io.troika.api.v1.RevokeAccessRequest;
import io.troika.api.v1.SetStorageQuotaRequest;
import io.troika.api.v1.TakeSnapshotRequest;
import io.troika.api.v1.TransferLeadershipRequest;
import io.troika.api.v1.VerifyRequest;
import io.troika.client.AccessGrant;
import io.troika.client.ClusterAdmin;
import io.troika.client.ClusterStatus;
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
import io.troika.client.internal.codec.AccessCodec;
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
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** Calls that belong to no storage. */
public final class ClusterAdminClient implements ClusterAdmin {
  private static final Duration CHANGE_BEGINS_MAX = Duration.ofSeconds(20);

  private final Cluster cluster;

  /** For operators of this cluster. */
  public ClusterAdminClient(Cluster cluster) {
    this.cluster = cluster;
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
    return await(cluster.call(Rpc.CLUSTER_STATUS, request, plan).thenApply(AdminCodec::status));
  }

  /** Names the term that is to end: so a request whose answer was lost may be sent again. */
  @Override
  public LeaderInfo transferLeadership(String targetNodeId) {
    return await(
        cluster
            .call(Rpc.LEADER_STATUS, GetClusterStatusRequest.getDefaultInstance())
            .thenCompose(status -> transfer(targetNodeId, status.getLeader().getTerm())));
  }

  private CompletableFuture<LeaderInfo> transfer(String targetNodeId, long expectedTerm) {
    TransferLeadershipRequest request =
        TransferLeadershipRequest.newBuilder()
            .setTarget(targetNodeId)
            .setExpectedTerm(expectedTerm)
            .build();
    return cluster
        .call(Rpc.TRANSFER_LEADERSHIP, request, patient(cluster.plan().timeout()))
        .thenApply(answer -> ValueCodec.leader(answer.getLeader()));
  }

  @Override
  public NodeChange addNode(String nodeId, String peerAddress) {
    return change(
        Rpc.ADD_NODE,
        AddNodeRequest.newBuilder().setNodeId(nodeId).setPeerAddress(peerAddress).build());
  }

  @Override
  public NodeChange removeNode(String nodeId, boolean fewerThanThree) {
    return change(
        Rpc.REMOVE_NODE,
        RemoveNodeRequest.newBuilder().setNodeId(nodeId).setFewerThanThree(fewerThanThree).build());
  }

  @Override
  public NodeChange replaceNode(String leaving, String joining, String peerAddress) {
    return change(
        Rpc.REPLACE_NODE,
        ReplaceNodeRequest.newBuilder()
            .setLeaving(leaving)
            .setJoining(joining)
            .setPeerAddress(peerAddress)
            .build());
  }

  /** The leader first asks the others and the new node, which may just be starting. */
  private <Q> NodeChange change(Rpc<Q, NodeChangeResponse> rpc, Q request) {
    return await(
        cluster
            .call(rpc, request, patient(CHANGE_BEGINS_MAX))
            .thenApply(answer -> AdminCodec.nodeChange(answer).orElseThrow()));
  }

  @Override
  public Optional<NodeChange> nodeChange() {
    return await(
        cluster
            .call(Rpc.NODE_CHANGE, GetNodeChangeRequest.getDefaultInstance())
            .thenApply(AdminCodec::nodeChange));
  }

  @Override
  public SnapshotPosition takeSnapshot(String address) {
    return await(
        cluster
            .call(
                Rpc.TAKE_SNAPSHOT,
                TakeSnapshotRequest.getDefaultInstance(),
                patient(cluster.plan().timeout()).at(address))
            .thenApply(answer -> new SnapshotPosition(answer.getTerm(), answer.getIndex())));
  }

  @Override
  public VerifyReport verify(String storage, Duration timeout) {
    VerifyRequest request = VerifyRequest.newBuilder().setStorage(storage).build();
    return await(cluster.call(Rpc.VERIFY, request, patient(timeout)).thenApply(AdminCodec::report));
  }

  @Override
  public StorageDigest digest(String storage, String address, Duration timeout) {
    GetDigestRequest request = GetDigestRequest.newBuilder().setStorage(storage).build();
    return await(
        cluster
            .call(Rpc.GET_DIGEST, request, patient(timeout).at(address))
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
    return await(
        cluster.call(Rpc.PACK, request).thenApply(answer -> AdminCodec.pack(answer.getStatus())));
  }

  @Override
  public Optional<PackStatus> packStatus(String storage) {
    GetPackStatusRequest request = GetPackStatusRequest.newBuilder().setStorage(storage).build();
    return await(
        cluster
            .call(Rpc.PACK_STATUS, request)
            .thenApply(
                answer ->
                    answer.hasStatus()
                        ? Optional.of(AdminCodec.pack(answer.getStatus()))
                        : Optional.empty()));
  }

  @Override
  public List<StorageInfo> storages() {
    return await(
        cluster
            .call(Rpc.LIST_STORAGES, ListStoragesRequest.getDefaultInstance())
            .thenApply(
                answer -> answer.getStoragesList().stream().map(ValueCodec::storage).toList()));
  }

  @Override
  public StorageInfo createStorage(String name) {
    CreateStorageRequest request = CreateStorageRequest.newBuilder().setName(name).build();
    return await(
        cluster
            .call(Rpc.CREATE_STORAGE, request)
            .thenApply(answer -> ValueCodec.storage(answer.getStorage())));
  }

  @Override
  public Tid replaceStorage(StorageReplacement replacement) {
    ReplaceStorageRequest request =
        ReplaceStorageRequest.newBuilder()
            .setId(ValueCodec.transactionId(new TransactionId(UUID.randomUUID(), 1)))
            .setStorage(replacement.storage())
            .setEpoch(replacement.epoch())
            .setNewestMax(replacement.newestMax().value())
            .setBy(replacement.by())
            .setByLastTid(replacement.byLastTid().value())
            .setHorizon(replacement.horizon().value())
            .setDescription(replacement.description())
            .build();
    return await(
        cluster
            .call(Rpc.REPLACE_STORAGE, request)
            .thenApply(answer -> ValueCodec.tid(answer.getTid())));
  }

  @Override
  public void dropStorage(String name, long epoch) {
    DropStorageRequest request =
        DropStorageRequest.newBuilder().setStorage(name).setEpoch(epoch).build();
    var unused = await(cluster.call(Rpc.DROP_STORAGE, request));
  }

  @Override
  public StorageInfo renameStorage(String name, String newName) {
    RenameStorageRequest request =
        RenameStorageRequest.newBuilder().setStorage(name).setNewName(newName).build();
    return await(
        cluster
            .call(Rpc.RENAME_STORAGE, request)
            .thenApply(answer -> ValueCodec.storage(answer.getStorage())));
  }

  @Override
  public StorageInfo setQuota(String name, OptionalLong bytes) {
    bytes.ifPresent(quota -> requireArgument(quota >= 0, "a quota of %s bytes", quota));
    SetStorageQuotaRequest.Builder request = SetStorageQuotaRequest.newBuilder().setStorage(name);
    bytes.ifPresent(request::setQuotaBytes);
    return await(
        cluster
            .call(Rpc.SET_STORAGE_QUOTA, request.build())
            .thenApply(answer -> ValueCodec.storage(answer.getStorage())));
  }

  @Override
  public String createToken(AccessGrant grant) {
    requireArgument(grant.kind() == AccessGrant.Kind.TOKEN, "'%s': no token", grant.name());
    String token = AccessCodec.newToken(grant.name());
    grant(AccessCodec.request(grant, AccessCodec.hash(token)));
    return token;
  }

  @Override
  public void grant(AccessGrant grant) {
    requireArgument(
        grant.kind() == AccessGrant.Kind.CERTIFICATE, "'%s': no certificate", grant.name());
    grant(AccessCodec.request(grant, ByteString.EMPTY));
  }

  private void grant(GrantAccessRequest request) {
    var unused = await(cluster.call(Rpc.GRANT_ACCESS, request));
  }

  @Override
  public void reportJob(Job job) {
    ReportJobRequest request = ReportJobRequest.newBuilder().setJob(JobCodec.message(job)).build();
    var unused = await(cluster.call(Rpc.REPORT_JOB, request));
  }

  @Override
  public boolean revoke(AccessGrant.Kind kind, String name) {
    RevokeAccessRequest request =
        RevokeAccessRequest.newBuilder().setKind(AccessCodec.kind(kind)).setName(name).build();
    return await(cluster.call(Rpc.REVOKE_ACCESS, request)).getRevoked();
  }

  @Override
  public List<AccessGrant> grants() {
    return await(cluster.call(Rpc.LIST_ACCESS, ListAccessRequest.getDefaultInstance()))
        .getGrantsList()
        .stream()
        .map(AccessCodec::grant)
        .toList();
  }

  /** What became of a transaction; with {@code abandon} it gets an outcome if it has none. */
  public Outcome outcome(TransactionId id, boolean abandon) {
    GetOutcomeRequest request =
        GetOutcomeRequest.newBuilder()
            .setId(ValueCodec.transactionId(id))
            .setAbandon(abandon)
            .build();
    return await(cluster.call(Rpc.GET_OUTCOME, request).thenApply(HistoryCodec::outcome));
  }

  /** For what takes long by nature: a node that is still at work must not be asked twice. */
  private static CallPlan patient(Duration timeout) {
    return CallPlan.within(timeout, timeout);
  }

  private static <T> T await(CompletableFuture<T> answer) {
    return Futures.await(answer, CachedView::interrupted);
  }
}
