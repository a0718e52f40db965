package io.troika.client.internal.codec;

import io.troika.api.v1.GetClusterStatusResponse;
import io.troika.api.v1.GetDigestResponse;
import io.troika.api.v1.NodeChangeResponse;
import io.troika.api.v1.NodeRole;
import io.troika.api.v1.PackPhase;
import io.troika.api.v1.VerifyResponse;
import io.troika.client.ClusterStatus;
import io.troika.client.GroupStatus;
import io.troika.client.NodeChange;
import io.troika.client.NodeStatus;
import io.troika.client.PackStatus;
import io.troika.client.StorageDigest;
import io.troika.client.VerifyReport;
import java.util.Optional;

/** What the Admin service answers. */
public final class AdminCodec {
  private AdminCodec() {}

  public static ClusterStatus status(GetClusterStatusResponse response) {
    return new ClusterStatus(
        response.getAnsweringNode(),
        ValueCodec.leader(response.getLeader()),
        response.getNodesList().stream().map(AdminCodec::node).toList(),
        response.getStoragesList().stream().map(ValueCodec::storage).toList(),
        response.getVersion(),
        response.getJobsList().stream().map(JobCodec::job).toList(),
        response.getGroupsList().stream().map(AdminCodec::group).toList(),
        ValueCodec.clusterId(response.getClusterId()));
  }

  private static GroupStatus group(io.troika.api.v1.GroupStatus group) {
    return new GroupStatus(
        group.getName(),
        ValueCodec.leader(group.getLeader()),
        group.getNodesList().stream().map(AdminCodec::node).toList());
  }

  private static NodeStatus node(io.troika.api.v1.NodeStatus node) {
    return new NodeStatus(
        node.getNodeId(),
        node.getClientAddress(),
        node.getRaftAddress(),
        node.getReachable(),
        role(node.getRole()),
        node.getTerm(),
        node.getCommittedIndex(),
        node.getAppliedIndex(),
        node.getSnapshotIndex(),
        node.getLagEntries(),
        node.getDiskBytes());
  }

  /** A role that this client does not know is as good as none. */
  private static NodeStatus.Role role(NodeRole role) {
    return switch (role) {
      case LEADER -> NodeStatus.Role.LEADER;
      case FOLLOWER -> NodeStatus.Role.FOLLOWER;
      case CANDIDATE -> NodeStatus.Role.CANDIDATE;
      case LEARNER -> NodeStatus.Role.LEARNER;
      case NODE_ROLE_UNSPECIFIED, UNRECOGNIZED -> NodeStatus.Role.UNKNOWN;
    };
  }

  public static VerifyReport report(VerifyResponse response) {
    return new VerifyReport(
        response.getEqual(),
        ValueCodec.tid(response.getAt()),
        response.getReplicasList().stream()
            .map(
                replica ->
                    new VerifyReport.Replica(
                        replica.getNodeId(),
                        ValueCodec.bytes(replica.getDigest()),
                        replica.getProblem()))
            .toList());
  }

  public static PackStatus pack(io.troika.api.v1.PackStatus status) {
    return new PackStatus(
        ValueCodec.tid(status.getHorizon()),
        phase(status.getPhase()),
        !status.getKeepsGarbage(),
        status.getProblem(),
        status.getRevisionsRemoved(),
        status.getObjectsRemoved(),
        status.getTransactionsRemoved(),
        status.getBytesRemoved(),
        status.getPhaseProgress());
  }

  /** Empty when the leader knows of no change. */
  public static Optional<NodeChange> nodeChange(NodeChangeResponse response) {
    if (!response.hasChange()) {
      return Optional.empty();
    }
    io.troika.api.v1.NodeChange change = response.getChange();
    return Optional.of(
        new NodeChange(
            change.getJoining(),
            change.getLeaving(),
            switch (change.getPhase()) {
              case NODE_CATCHING_UP -> NodeChange.Phase.CATCHING_UP;
              case NODE_AGREEING -> NodeChange.Phase.AGREEING;
              case NODE_CHANGE_DONE -> NodeChange.Phase.DONE;
              case NODE_CHANGE_FAILED -> NodeChange.Phase.FAILED;
              case NODE_CHANGE_PHASE_UNSPECIFIED, UNRECOGNIZED -> NodeChange.Phase.UNKNOWN;
            },
            change.getLagEntries(),
            change.getProblem()));
  }

  private static PackStatus.Phase phase(PackPhase phase) {
    return switch (phase) {
      case PACK_REVISIONS -> PackStatus.Phase.REVISIONS;
      case PACK_GARBAGE -> PackStatus.Phase.GARBAGE;
      case PACK_TRANSACTIONS -> PackStatus.Phase.TRANSACTIONS;
      case PACK_DONE -> PackStatus.Phase.DONE;
      case PACK_PHASE_UNSPECIFIED, UNRECOGNIZED -> PackStatus.Phase.UNKNOWN;
    };
  }

  public static StorageDigest digest(GetDigestResponse response) {
    return new StorageDigest(
        ValueCodec.bytes(response.getDigest()),
        ValueCodec.tid(response.getAt()),
        response.getRevisions());
  }
}
