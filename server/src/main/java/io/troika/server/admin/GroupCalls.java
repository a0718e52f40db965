package io.troika.server.admin;

import static io.troika.server.core.model.Checks.requireArgument;

import io.grpc.stub.StreamObserver;
import io.troika.api.v1.CreateGroupRequest;
import io.troika.api.v1.CreateGroupResponse;
import io.troika.api.v1.DropGroupRequest;
import io.troika.api.v1.DropGroupResponse;
import io.troika.api.v1.GroupStatus;
import io.troika.api.v1.PlaceStorageRequest;
import io.troika.api.v1.PlaceStorageResponse;
import io.troika.api.v1.SealGroupRequest;
import io.troika.api.v1.SealGroupResponse;
import io.troika.api.v1.UnplaceStorageRequest;
import io.troika.api.v1.UnplaceStorageResponse;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.StoreService;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.MembershipControl;
import io.troika.server.service.refusals.LaggingException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Raft groups beside the first one, and which names of storages are in them. */
final class GroupCalls {
  private final StoreGroups groups;
  private final Function<String, ClusterControl> clusters;
  private final MembershipControl membership;

  /**
   * @param clusters this node's part in each group, by name
   * @param membership changes who belongs to all of them
   */
  GroupCalls(
      StoreGroups groups, Function<String, ClusterControl> clusters, MembershipControl membership) {
    this.groups = groups;
    this.clusters = clusters;
    this.membership = membership;
  }

  /** How each is, as far as this node knows. */
  CompletableFuture<List<GroupStatus>> others() {
    List<CompletableFuture<GroupStatus>> asked =
        groups.catalog().groups().stream().map(group -> groupStatus(group.name())).toList();
    return CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new))
        .thenApply(done -> asked.stream().map(CompletableFuture::join).toList());
  }

  private CompletableFuture<GroupStatus> groupStatus(String name) {
    GroupStatus.Builder status = GroupStatus.newBuilder().setName(name);
    StoreService service;
    try {
      service = groups.group(name);
    } catch (LaggingException notHere) {
      return CompletableFuture.completedFuture(status.build());
    }
    status.setLeader(AdminMessages.leaderHint(service.leadership()));
    return clusters
        .apply(name)
        .members()
        .thenApply(members -> status.addAllNodes(AdminMessages.nodes(members)).build());
  }

  void createGroup(CreateGroupRequest request, StreamObserver<CreateGroupResponse> observer) {
    Answers.answer(
        observer,
        () -> groups.main().groupChanges().create(request.getName(), membership::settled),
        done -> CreateGroupResponse.getDefaultInstance());
  }

  void sealGroup(SealGroupRequest request, StreamObserver<SealGroupResponse> observer) {
    requireArgument(
        !request.getName().isEmpty() && !request.getName().equals(GroupInfo.MAIN),
        "group '%s': expected another one than %s, which stays",
        request.getName(),
        GroupInfo.MAIN);
    Answers.answer(
        observer,
        () -> {
          StoreService service = groups.group(request.getName());
          List<String> placed = groups.catalog().placedIn(request.getName());
          requireArgument(
              placed.isEmpty(),
              "group '%s' is not empty: it has %s, such as '%s'",
              request.getName(),
              placed.size() == 1 ? "a storage" : placed.size() + " storages",
              placed.isEmpty() ? "" : placed.get(0));
          return service.groupChanges().seal();
        },
        done -> SealGroupResponse.getDefaultInstance());
  }

  void dropGroup(DropGroupRequest request, StreamObserver<DropGroupResponse> observer) {
    String name = request.getName();
    Answers.answer(
        observer,
        () ->
            groups
                .main()
                .groupChanges()
                .drop(name, () -> groups.group(name).groupChanges().isSealed()),
        done -> DropGroupResponse.getDefaultInstance());
  }

  void placeStorage(PlaceStorageRequest request, StreamObserver<PlaceStorageResponse> observer) {
    String storage = request.getStorage();
    String group = request.getGroup();
    Answers.answer(
        observer,
        () ->
            group.isEmpty()
                ? groups.main().groupChanges().whereIs(storage)
                : groups.main().groupChanges().place(storage, group).thenApply(done -> group),
        found -> PlaceStorageResponse.newBuilder().setGroup(found).build());
  }

  void unplaceStorage(
      UnplaceStorageRequest request, StreamObserver<UnplaceStorageResponse> observer) {
    Answers.answer(
        observer,
        () -> {
          StoreService service = groups.group(request.getGroup());
          boolean isThere =
              service.reads().storages().stream()
                  .anyMatch(storage -> storage.name().equals(request.getStorage()));
          if (isThere) {
            throw new LaggingException(
                "storage '%s' is in group %s still, as far as this node knows"
                    .formatted(request.getStorage(), request.getGroup()));
          }
          return groups.main().groupChanges().unplace(request.getStorage(), request.getGroup());
        },
        done -> UnplaceStorageResponse.getDefaultInstance());
  }
}
