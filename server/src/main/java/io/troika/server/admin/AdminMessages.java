package io.troika.server.admin;

import static io.troika.server.core.model.Checks.requireArgument;

import io.troika.api.v1.LeaderHint;
import io.troika.api.v1.NodeChange;
import io.troika.api.v1.NodeChangePhase;
import io.troika.api.v1.NodeChangeResponse;
import io.troika.api.v1.NodeRole;
import io.troika.api.v1.NodeStatus;
import io.troika.api.v1.PackPhase;
import io.troika.api.v1.PackStatus;
import io.troika.api.v1.ReplaceStorageRequest;
import io.troika.api.v1.StorageInfo;
import io.troika.api.v1.VerifyResponse;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import io.troika.server.messages.ByteStrings;
import io.troika.server.messages.StorageMessages;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.catalog.StorageChanges;
import io.troika.server.service.ports.ClusterControl.Member;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.MembershipChange;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;

/**
 * Model to messages of the Admin service. It shares no code with the object store's front but
 * {@code messages}, so that each can change by itself.
 */
final class AdminMessages {
  private AdminMessages() {}

  static LeaderHint leaderHint(Leadership leadership) {
    return LeaderHint.newBuilder()
        .setTerm(leadership.term())
        .setNodeId(leadership.leader())
        .setClientAddress(leadership.leaderClientAddress())
        .setGroup(leadership.group())
        .build();
  }

  /** All that the node has, by group. */
  static List<StorageInfo> storages(StoreGroups groups) {
    return groups.all().stream()
        .flatMap(
            service ->
                service.reads().storages().stream()
                    .map(state -> StorageMessages.info(state, service.group())))
        .toList();
  }

  static StorageChanges.Replacement replacement(ReplaceStorageRequest request) {
    io.troika.api.v1.TransactionId id = request.getId();
    requireArgument(request.hasId() && id.getSequence() >= 0, "the id of a transaction is missing");
    return new StorageChanges.Replacement(
        new TransactionId(new UUID(id.getClientHigh(), id.getClientLow()), id.getSequence()),
        request.getStorage(),
        request.getEpoch(),
        tid("newest_max", request.getNewestMax()),
        request.getBy(),
        tid("by_last_tid", request.getByLastTid()),
        tid("horizon", request.getHorizon()),
        new TransactionMetadata(Bytes.EMPTY, Bytes.utf8(request.getDescription()), Bytes.EMPTY));
  }

  private static Tid tid(String field, long value) {
    requireArgument(value >= 0, "%s 0x%x: expected a tid, which is below 2^63", field, value);
    return new Tid(value);
  }

  static NodeChangeResponse nodeChange(MembershipChange change) {
    return NodeChangeResponse.newBuilder()
        .setChange(
            NodeChange.newBuilder()
                .setJoining(change.joining())
                .setLeaving(change.leaving())
                .setPhase(
                    switch (change.phase()) {
                      case CATCHING_UP -> NodeChangePhase.NODE_CATCHING_UP;
                      case AGREEING -> NodeChangePhase.NODE_AGREEING;
                      case DONE -> NodeChangePhase.NODE_CHANGE_DONE;
                      case FAILED -> NodeChangePhase.NODE_CHANGE_FAILED;
                    })
                .setLagEntries(change.lagEntries())
                .setProblem(change.problem()))
        .build();
  }

  /** In the order of node ids; the lag is what a node has not applied of what anyone committed. */
  static List<NodeStatus> nodes(List<Member> members) {
    long committed = members.stream().mapToLong(Member::committedIndex).max().orElse(-1);
    return members.stream()
        .sorted(Comparator.comparing(Member::nodeId))
        .map(member -> node(member, committed))
        .toList();
  }

  private static NodeStatus node(Member member, long committed) {
    boolean known = member.reachable() && member.appliedIndex() >= 0 && committed >= 0;
    return NodeStatus.newBuilder()
        .setNodeId(member.nodeId())
        .setClientAddress(member.clientAddress())
        .setRaftAddress(member.raftAddress())
        .setReachable(member.reachable())
        .setRole(role(member))
        .setTerm(member.term())
        .setCommittedIndex(member.committedIndex())
        .setAppliedIndex(member.appliedIndex())
        .setSnapshotIndex(member.snapshotIndex())
        .setLagEntries(known ? Math.max(0, committed - member.appliedIndex()) : -1)
        .setDiskBytes(member.diskBytes())
        .build();
  }

  private static NodeRole role(Member member) {
    return switch (member.role()) {
      case LEADER -> NodeRole.LEADER;
      case FOLLOWER -> NodeRole.FOLLOWER;
      case CANDIDATE -> NodeRole.CANDIDATE;
      case LEARNER -> NodeRole.LEARNER;
      case UNKNOWN -> NodeRole.NODE_ROLE_UNSPECIFIED;
    };
  }

  static PackStatus pack(PackState state, Oid nextOid) {
    return PackStatus.newBuilder()
        .setHorizon(state.horizon().value())
        .setRunning(state.isRunning())
        .setPhase(phase(state))
        .setKeepsGarbage(!state.collectGarbage())
        .setProblem(state.problem())
        .setRevisionsRemoved(state.removed().revisions())
        .setObjectsRemoved(state.removed().objects())
        .setTransactionsRemoved(state.removed().transactions())
        .setBytesRemoved(state.removed().bytes())
        .setPhaseProgress(state.progress(nextOid))
        .build();
  }

  private static PackPhase phase(PackState state) {
    return switch (state.phase()) {
      case REVISIONS -> PackPhase.PACK_REVISIONS;
      case GARBAGE -> PackPhase.PACK_GARBAGE;
      case TRANSACTIONS -> PackPhase.PACK_TRANSACTIONS;
      case DONE -> PackPhase.PACK_DONE;
    };
  }

  static VerifyResponse verification(ReplicaComparison.Verification verification) {
    VerifyResponse.Builder response =
        VerifyResponse.newBuilder()
            .setEqual(verification.isEqual())
            .setAt(verification.at().value());
    verification
        .replicas()
        .forEach(
            replica ->
                response.addReplicas(
                    VerifyResponse.Replica.newBuilder()
                        .setNodeId(replica.nodeId())
                        .setDigest(ByteStrings.of(replica.digest()))
                        .setProblem(replica.problem())));
    return response.build();
  }
}
