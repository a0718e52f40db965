package io.troika.client.internal.admin;

import io.troika.api.v1.CreateGroupRequest;
import io.troika.api.v1.DropGroupRequest;
import io.troika.api.v1.GetOutcomeRequest;
import io.troika.api.v1.SealGroupRequest;
import io.troika.client.TransactionId;
import io.troika.client.internal.Futures;
import io.troika.client.internal.codec.ValueCodec;
import io.troika.client.internal.connection.CallPlan;
import io.troika.client.internal.connection.Cluster;
import io.troika.client.internal.connection.Rpc;
import java.time.Duration;
import java.util.UUID;

/** Raft groups beside the first one. */
final class GroupCalls {
  /** A new group has been opened by a majority, and has elected a leader. */
  private static final Duration GROUP_BEGINS_MAX = Duration.ofSeconds(30);

  private final Cluster cluster;

  GroupCalls(Cluster cluster) {
    this.cluster = cluster;
  }

  void create(String name) {
    CreateGroupRequest request = CreateGroupRequest.newBuilder().setName(name).build();
    var unusedCreated = Futures.await(cluster.call(Rpc.CREATE_GROUP, request));
    // A node without a part in it yet refuses, and is asked again: answered by whoever leads it.
    GetOutcomeRequest question =
        GetOutcomeRequest.newBuilder()
            .setId(ValueCodec.transactionId(new TransactionId(UUID.randomUUID(), 1)))
            .setGroup(name)
            .build();
    var unusedAnswer =
        Futures.await(
            cluster.call(
                Rpc.GET_OUTCOME, question, CallPlan.patient(GROUP_BEGINS_MAX).toLeaderOf(name)));
  }

  /**
   * @param isThere whether the cluster knows it, so that it has to be sealed first
   */
  void drop(String name, boolean isThere) {
    if (isThere) {
      SealGroupRequest seal = SealGroupRequest.newBuilder().setName(name).build();
      var unusedSealed =
          Futures.await(cluster.call(Rpc.SEAL_GROUP, seal, cluster.plan().toLeaderOf(name)));
    }
    DropGroupRequest drop = DropGroupRequest.newBuilder().setName(name).build();
    var unusedDropped = Futures.await(cluster.call(Rpc.DROP_GROUP, drop));
  }
}
