package io.troika.client.fake;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.AdminGrpc;
import io.troika.api.v1.CreateStorageRequest;
import io.troika.api.v1.CreateStorageResponse;
import io.troika.api.v1.DropStorageRequest;
import io.troika.api.v1.DropStorageResponse;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.GetClusterStatusRequest;
import io.troika.api.v1.GetClusterStatusResponse;
import io.troika.api.v1.GetDigestRequest;
import io.troika.api.v1.GetDigestResponse;
import io.troika.api.v1.GetPackStatusRequest;
import io.troika.api.v1.ListStoragesRequest;
import io.troika.api.v1.ListStoragesResponse;
import io.troika.api.v1.NodeRole;
import io.troika.api.v1.NodeStatus;
import io.troika.api.v1.PackPhase;
import io.troika.api.v1.PackRequest;
import io.troika.api.v1.PackResponse;
import io.troika.api.v1.PackStatus;
import io.troika.api.v1.PlaceStorageRequest;
import io.troika.api.v1.PlaceStorageResponse;
import io.troika.api.v1.RenameStorageRequest;
import io.troika.api.v1.RenameStorageResponse;
import io.troika.api.v1.ReplaceStorageRequest;
import io.troika.api.v1.ReplaceStorageResponse;
import io.troika.api.v1.SetStorageQuotaRequest;
import io.troika.api.v1.SetStorageQuotaResponse;
import io.troika.api.v1.StorageInfo;
import io.troika.api.v1.TakeSnapshotRequest;
import io.troika.api.v1.TakeSnapshotResponse;
import io.troika.api.v1.TransferLeadershipRequest;
import io.troika.api.v1.TransferLeadershipResponse;
import io.troika.api.v1.VerifyRequest;
import io.troika.api.v1.VerifyResponse;

/** The Admin service of one fake node. */
final class FakeAdmin extends AdminGrpc.AdminImplBase {
  private final FakeCluster cluster;
  private final FakeNode node;

  FakeAdmin(FakeCluster cluster, FakeNode node) {
    this.cluster = cluster;
    this.node = node;
  }

  @Override
  public void getClusterStatus(
      GetClusterStatusRequest request, StreamObserver<GetClusterStatusResponse> observer) {
    FakeObjectStore.answer(
        observer,
        () ->
            GetClusterStatusResponse.newBuilder()
                .setAnsweringNode("n" + node.index())
                .setLeader(cluster.hintOf(node.index()))
                .addNodes(
                    NodeStatus.newBuilder()
                        .setNodeId("n" + node.index())
                        .setClientAddress(node.address())
                        .setReachable(true)
                        .setRole(node.isLeader() ? NodeRole.LEADER : NodeRole.FOLLOWER)
                        .setTerm(cluster.term()))
                .addStorages(cluster.storage().info("main"))
                .setVersion("fake")
                .build());
  }

  @Override
  public void transferLeadership(
      TransferLeadershipRequest request, StreamObserver<TransferLeadershipResponse> observer) {
    FakeObjectStore.answer(
        observer,
        () -> {
          boolean done =
              request.getTarget().isEmpty()
                  && request.getExpectedTerm() != 0
                  && cluster.term() > request.getExpectedTerm();
          if (!done) {
            requireLeader();
            cluster.elect(target(request.getTarget()));
          }
          return TransferLeadershipResponse.newBuilder().setLeader(cluster.truth(0)).build();
        });
  }

  @Override
  public void takeSnapshot(
      TakeSnapshotRequest request, StreamObserver<TakeSnapshotResponse> observer) {
    FakeObjectStore.answer(
        observer,
        () -> TakeSnapshotResponse.newBuilder().setTerm(cluster.term()).setIndex(7).build());
  }

  @Override
  public void getDigest(GetDigestRequest request, StreamObserver<GetDigestResponse> observer) {
    FakeObjectStore.answer(
        observer,
        () ->
            GetDigestResponse.newBuilder()
                .setDigest(ByteString.copyFrom(new byte[32]))
                .setAt(cluster.storage().lastTid())
                .setRevisions(3)
                .build());
  }

  @Override
  public void verify(VerifyRequest request, StreamObserver<VerifyResponse> observer) {
    FakeObjectStore.answer(
        observer,
        () -> {
          requireLeader();
          return VerifyResponse.newBuilder()
              .setEqual(true)
              .setAt(cluster.storage().lastTid())
              .addReplicas(
                  VerifyResponse.Replica.newBuilder()
                      .setNodeId("n0")
                      .setDigest(ByteString.copyFrom(new byte[32])))
              .build();
        });
  }

  @Override
  public void listStorages(
      ListStoragesRequest request, StreamObserver<ListStoragesResponse> observer) {
    FakeObjectStore.answer(
        observer,
        () ->
            ListStoragesResponse.newBuilder().addStorages(cluster.storage().info("main")).build());
  }

  @Override
  public void placeStorage(
      PlaceStorageRequest request, StreamObserver<PlaceStorageResponse> observer) {
    FakeObjectStore.answer(
        observer,
        () -> {
          requireLeader();
          return PlaceStorageResponse.newBuilder().setGroup("g0").build();
        });
  }

  @Override
  public void createStorage(
      CreateStorageRequest request, StreamObserver<CreateStorageResponse> observer) {
    FakeObjectStore.answer(
        observer,
        () -> {
          requireLeader();
          return CreateStorageResponse.newBuilder()
              .setStorage(cluster.storage().info(request.getName()))
              .setCreated(true)
              .build();
        });
  }

  @Override
  public void replaceStorage(
      ReplaceStorageRequest request, StreamObserver<ReplaceStorageResponse> observer) {
    FakeObjectStore.answer(
        observer,
        () -> {
          requireLeader();
          return ReplaceStorageResponse.newBuilder().setTid(cluster.storage().lastTid()).build();
        });
  }

  @Override
  public void dropStorage(
      DropStorageRequest request, StreamObserver<DropStorageResponse> observer) {
    FakeObjectStore.answer(
        observer,
        () -> {
          requireLeader();
          return DropStorageResponse.getDefaultInstance();
        });
  }

  @Override
  public void renameStorage(
      RenameStorageRequest request, StreamObserver<RenameStorageResponse> observer) {
    FakeObjectStore.answer(
        observer,
        () -> {
          requireLeader();
          return RenameStorageResponse.newBuilder()
              .setStorage(cluster.storage().info(request.getNewName()))
              .build();
        });
  }

  @Override
  public void setStorageQuota(
      SetStorageQuotaRequest request, StreamObserver<SetStorageQuotaResponse> observer) {
    FakeObjectStore.answer(
        observer,
        () -> {
          requireLeader();
          StorageInfo.Builder storage = cluster.storage().info(request.getStorage()).toBuilder();
          if (request.hasQuotaBytes()) {
            storage.setQuotaBytes(request.getQuotaBytes());
          }
          return SetStorageQuotaResponse.newBuilder().setStorage(storage).build();
        });
  }

  @Override
  public void pack(PackRequest request, StreamObserver<PackResponse> observer) {
    FakeObjectStore.answer(
        observer,
        () -> {
          requireLeader();
          return packing(request.getHorizon(), request.getKeepGarbage());
        });
  }

  @Override
  public void getPackStatus(GetPackStatusRequest request, StreamObserver<PackResponse> observer) {
    FakeObjectStore.answer(
        observer,
        () ->
            request.getStorage().equals("main")
                ? packing(cluster.storage().lastTid(), false)
                : PackResponse.getDefaultInstance());
  }

  private static PackResponse packing(long horizon, boolean keepGarbage) {
    return PackResponse.newBuilder()
        .setStatus(
            PackStatus.newBuilder()
                .setHorizon(horizon)
                .setRunning(true)
                .setPhase(PackPhase.PACK_REVISIONS)
                .setKeepsGarbage(keepGarbage)
                .setRevisionsRemoved(5)
                .setPhaseProgress(0.5))
        .build();
  }

  private int target(String name) {
    if (name.isEmpty()) {
      return (node.index() + 1) % cluster.size();
    }
    if (!name.matches("n[0-9]")) {
      throw Errors.of(ErrorDetail.Code.INVALID_ARGUMENT, "no node " + name);
    }
    return Integer.parseInt(name.substring(1));
  }

  private void requireLeader() {
    if (!node.mayDo()) {
      throw Errors.notLeader(cluster.hintOf(node.index()));
    }
  }
}
