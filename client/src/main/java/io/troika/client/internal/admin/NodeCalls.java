package io.troika.client.internal.admin;

import io.troika.api.v1.AddNodeRequest;
import io.troika.api.v1.GetNodeChangeRequest;
import io.troika.api.v1.NodeChangeResponse;
import io.troika.api.v1.RemoveNodeRequest;
import io.troika.api.v1.ReplaceNodeRequest;
import io.troika.client.NodeChange;
import io.troika.client.internal.Futures;
import io.troika.client.internal.codec.AdminCodec;
import io.troika.client.internal.connection.CallPlan;
import io.troika.client.internal.connection.Cluster;
import io.troika.client.internal.connection.Rpc;
import java.time.Duration;
import java.util.Optional;

/** Who belongs to the cluster. */
final class NodeCalls {
  private static final Duration CHANGE_BEGINS_MAX = Duration.ofSeconds(20);

  private final Cluster cluster;

  NodeCalls(Cluster cluster) {
    this.cluster = cluster;
  }

  NodeChange add(String nodeId, String peerAddress) {
    return change(
        Rpc.ADD_NODE,
        AddNodeRequest.newBuilder().setNodeId(nodeId).setPeerAddress(peerAddress).build());
  }

  NodeChange remove(String nodeId, boolean fewerThanThree) {
    return change(
        Rpc.REMOVE_NODE,
        RemoveNodeRequest.newBuilder().setNodeId(nodeId).setFewerThanThree(fewerThanThree).build());
  }

  NodeChange replace(String leaving, String joining, String peerAddress) {
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
    return Futures.await(
        cluster
            .call(rpc, request, CallPlan.patient(CHANGE_BEGINS_MAX))
            .thenApply(answer -> AdminCodec.nodeChange(answer).orElseThrow()));
  }

  Optional<NodeChange> newest() {
    return Futures.await(
        cluster
            .call(Rpc.NODE_CHANGE, GetNodeChangeRequest.getDefaultInstance())
            .thenApply(AdminCodec::nodeChange));
  }
}
