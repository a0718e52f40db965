package io.troika.client.internal.transaction;

import static io.troika.client.internal.Checks.requireArgument;

import com.google.protobuf.ByteString;
import io.troika.api.v1.AddNodeRequest;
import io.troika.api.v1.CreateGroupRequest;
import io.troika.api.v1.CreateStorageRequest;
import io.troika.api.v1.DropGroupRequest;
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
import io.troika.api.v1.PlaceStorageRequest;
import io.troika.api.v1.RemoveNodeRequest;
import io.troika.api.v1.RenameStorageRequest;
import io.troika.api.v1.ReplaceNodeRequest;
import io.troika.api.v1.ReplaceStorageRequest;
import io.troika.api.v1.ReportJobRequest;
import io.troika.api.v1.RevokeAccessRequest;
import io.troika.api.v1.SealGroupRequest;
import io.troika.api.v1.SetStorageQuotaRequest;
import io.troika.api.v1.TakeSnapshotRequest;
import io.troika.api.v1.TransferLeadershipRequest;
import io.troika.api.v1.UnplaceStorageRequest;
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
  /** A new group has been opened by a majority, and has elected a leader. */
  private static final Duration GROUP_BEGINS_MAX = Duration.ofSeconds(30);

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

  @Override
  public LeaderInfo transferLeadership(String targetNodeId) {
    return await(
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
    return await(transfer(group, targetNodeId, ofGroup(group).leader().term()));
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
        .call(Rpc.TRANSFER_LEADERSHIP, request, patient(cluster.plan().timeout()).toLeaderOf(group))
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
    CreateGroupRequest request = CreateGroupRequest.newBuilder().setName(name).build();
    var unusedCreated = await(cluster.call(Rpc.CREATE_GROUP, request));
    // A node without a part in it yet refuses, and is asked again: answered by whoever leads it.
    GetOutcomeRequest question =
        GetOutcomeRequest.newBuilder()
            .setId(ValueCodec.transactionId(new TransactionId(UUID.randomUUID(), 1)))
            .setGroup(name)
            .build();
    var unusedAnswer =
        await(cluster.call(Rpc.GET_OUTCOME, question, patient(GROUP_BEGINS_MAX).toLeaderOf(name)));
  }

  @Override
  public void dropGroup(String name) {
    boolean isThere =
        name.equals(LeaderInfo.MAIN_GROUP)
            || status().groups().stream().anyMatch(group -> group.name().equals(name));
    if (isThere) {
      SealGroupRequest seal = SealGroupRequest.newBuilder().setName(name).build();
      var unusedSealed = await(cluster.call(Rpc.SEAL_GROUP, seal, cluster.plan().toLeaderOf(name)));
    }
    DropGroupRequest drop = DropGroupRequest.newBuilder().setName(name).build();
    var unusedDropped = await(cluster.call(Rpc.DROP_GROUP, drop));
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
    return await(
        cluster
            .call(
                Rpc.TAKE_SNAPSHOT,
                TakeSnapshotRequest.newBuilder().setGroup(group).build(),
                patient(cluster.plan().timeout()).at(address))
            .thenApply(answer -> new SnapshotPosition(answer.getTerm(), answer.getIndex())));
  }

  @Override
  public VerifyReport verify(String storage, Duration timeout) {
    VerifyRequest request = VerifyRequest.newBuilder().setStorage(storage).build();
    return await(
        cluster
            .call(Rpc.VERIFY, request, patient(timeout).about(storage))
            .thenApply(AdminCodec::report));
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
        cluster
            .call(Rpc.PACK, request, about(storage))
            .thenApply(answer -> AdminCodec.pack(answer.getStatus())));
  }

  @Override
  public Optional<PackStatus> packStatus(String storage) {
    GetPackStatusRequest request = GetPackStatusRequest.newBuilder().setStorage(storage).build();
    return await(
        cluster
            .call(Rpc.PACK_STATUS, request, about(storage))
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
  public StorageInfo createStorage(String name, String group) {
    // In the first group there is nothing to place.
    String there = place(name, group.equals(LeaderInfo.MAIN_GROUP) ? "" : group);
    StorageInfo storage = createIn(name, there);
    if (!storage.group().equals(group)) {
      throw new InvalidRequestException(
          "storage '%s' is there already, in group %s".formatted(name, storage.group()), null);
    }
    return storage;
  }

  @Override
  public StorageInfo createStorage(String name) {
    // Who was asked about one of that name that is no more may have been the leader of another
    // group.
    return createIn(name, place(name, ""));
  }

  private StorageInfo createIn(String name, String group) {
    CreateStorageRequest request =
        CreateStorageRequest.newBuilder().setName(name).setGroup(group).build();
    return await(
        cluster
            .call(Rpc.CREATE_STORAGE, request, about(name))
            .thenApply(answer -> ValueCodec.storage(answer.getStorage())));
  }

  /** Places the name; with no group it only asks. Answers where it is. */
  private String place(String storage, String group) {
    PlaceStorageRequest request =
        PlaceStorageRequest.newBuilder().setStorage(storage).setGroup(group).build();
    return await(cluster.call(Rpc.PLACE_STORAGE, request)).getGroup();
  }

  /** Frees the name that a storage had in a group; in the first one nothing is to be done. */
  private void unplace(String storage, String group) {
    if (!group.equals(LeaderInfo.MAIN_GROUP)) {
      UnplaceStorageRequest request =
          UnplaceStorageRequest.newBuilder().setStorage(storage).setGroup(group).build();
      var unused = await(cluster.call(Rpc.UNPLACE_STORAGE, request));
    }
  }

  /** In which group the storage is, as the first node that answers has it. */
  private String groupOf(String storage) {
    return storages().stream()
        .filter(each -> each.name().equals(storage))
        .findFirst()
        .map(StorageInfo::group)
        .orElse(LeaderInfo.MAIN_GROUP);
  }

  private CallPlan about(String storage) {
    return cluster.plan().about(storage);
  }

  @Override
  public Tid replaceStorage(StorageReplacement replacement) {
    String group = groupOf(replacement.by());
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
    Tid tid =
        await(
            cluster
                .call(Rpc.REPLACE_STORAGE, request, about(replacement.storage()))
                .thenApply(answer -> ValueCodec.tid(answer.getTid())));
    unplace(replacement.by(), group);
    return tid;
  }

  @Override
  public void dropStorage(String name, long epoch) {
    DropStorageRequest request =
        DropStorageRequest.newBuilder().setStorage(name).setEpoch(epoch).build();
    String group = groupOf(name);
    var unused = await(cluster.call(Rpc.DROP_STORAGE, request, about(name)));
    unplace(name, group);
  }

  @Override
  public StorageInfo renameStorage(String name, String newName) {
    RenameStorageRequest request =
        RenameStorageRequest.newBuilder().setStorage(name).setNewName(newName).build();
    String group = groupOf(name);
    if (!group.equals(LeaderInfo.MAIN_GROUP)) {
      var unused = place(newName, group);
    }
    StorageInfo renamed =
        await(
            cluster
                .call(Rpc.RENAME_STORAGE, request, about(name))
                .thenApply(answer -> ValueCodec.storage(answer.getStorage())));
    unplace(name, group);
    return renamed;
  }

  @Override
  public StorageInfo setQuota(String name, OptionalLong bytes) {
    bytes.ifPresent(quota -> requireArgument(quota >= 0, "a quota of %s bytes", quota));
    SetStorageQuotaRequest.Builder request = SetStorageQuotaRequest.newBuilder().setStorage(name);
    bytes.ifPresent(request::setQuotaBytes);
    return await(
        cluster
            .call(Rpc.SET_STORAGE_QUOTA, request.build(), about(name))
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
    Outcome outcome = outcome(id, abandon, LeaderInfo.MAIN_GROUP);
    if (!isOpen(outcome)) {
      return outcome;
    }
    // An id does not say in which group its transaction is.
    for (GroupStatus group : status().groups()) {
      Outcome there = outcome(id, abandon, group.name());
      if (!isOpen(there)) {
        return there;
      }
    }
    return outcome;
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
    return await(
        cluster
            .call(Rpc.GET_OUTCOME, request, cluster.plan().toLeaderOf(group))
            .thenApply(HistoryCodec::outcome));
  }

  /** For what takes long by nature: a node that is still at work must not be asked twice. */
  private static CallPlan patient(Duration timeout) {
    return CallPlan.within(timeout, timeout);
  }

  private static <T> T await(CompletableFuture<T> answer) {
    return Futures.await(answer, CachedView::interrupted);
  }
}
