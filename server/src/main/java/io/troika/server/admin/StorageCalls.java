package io.troika.server.admin;

import static io.troika.server.core.model.Checks.requireArgument;

import io.grpc.stub.StreamObserver;
import io.troika.api.v1.CreateStorageRequest;
import io.troika.api.v1.CreateStorageResponse;
import io.troika.api.v1.DropStorageRequest;
import io.troika.api.v1.DropStorageResponse;
import io.troika.api.v1.GetPackStatusRequest;
import io.troika.api.v1.ListStoragesRequest;
import io.troika.api.v1.ListStoragesResponse;
import io.troika.api.v1.PackRequest;
import io.troika.api.v1.PackResponse;
import io.troika.api.v1.PackStatus;
import io.troika.api.v1.RenameStorageRequest;
import io.troika.api.v1.RenameStorageResponse;
import io.troika.api.v1.ReplaceStorageRequest;
import io.troika.api.v1.ReplaceStorageResponse;
import io.troika.api.v1.SetStorageQuotaRequest;
import io.troika.api.v1.SetStorageQuotaResponse;
import io.troika.api.v1.StorageInfo;
import io.troika.server.core.model.PackState;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.messages.StorageMessages;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.StoreService;
import io.troika.server.service.refusals.LaggingException;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Storages and their packs: each is asked for in the Raft group that it is in. */
final class StorageCalls {
  private final StoreGroups groups;

  StorageCalls(StoreGroups groups) {
    this.groups = groups;
  }

  void listStorages(ListStoragesRequest request, StreamObserver<ListStoragesResponse> observer) {
    Answers.answer(
        observer,
        () -> CompletableFuture.completedFuture(AdminMessages.storages(groups)),
        storages -> ListStoragesResponse.newBuilder().addAllStorages(storages).build());
  }

  void createStorage(CreateStorageRequest request, StreamObserver<CreateStorageResponse> observer) {
    Answers.answer(
        observer,
        () -> {
          StoreService service = groups.of(request.getName());
          if (!request.getGroup().isEmpty() && groups.group(request.getGroup()) != service) {
            throw new LaggingException(
                "the name '%s' is not in group %s, as far as this node knows"
                    .formatted(request.getName(), request.getGroup()));
          }
          return service.transactions().createStorage(request.getName());
        },
        created ->
            CreateStorageResponse.newBuilder()
                .setStorage(info(created.storage()))
                .setCreated(created.created())
                .build());
  }

  void replaceStorage(
      ReplaceStorageRequest request, StreamObserver<ReplaceStorageResponse> observer) {
    Answers.answer(
        observer,
        () -> {
          StoreService service = groups.ofAll(List.of(request.getStorage(), request.getBy()));
          return service.storageChanges().replace(AdminMessages.replacement(request));
        },
        tid -> ReplaceStorageResponse.newBuilder().setTid(tid.value()).build());
  }

  void dropStorage(DropStorageRequest request, StreamObserver<DropStorageResponse> observer) {
    Answers.answer(
        observer,
        () ->
            groups
                .of(request.getStorage())
                .storageChanges()
                .drop(request.getStorage(), request.getEpoch()),
        done -> DropStorageResponse.getDefaultInstance());
  }

  void renameStorage(RenameStorageRequest request, StreamObserver<RenameStorageResponse> observer) {
    Answers.answer(
        observer,
        () -> {
          StoreService service = groups.of(request.getStorage());
          // In g0 the log itself refuses a name that is placed elsewhere.
          if (service != groups.main() && groups.of(request.getNewName()) != service) {
            throw new LaggingException(
                "the name '%s' is not placed in group %s, as far as this node knows"
                    .formatted(request.getNewName(), service.group()));
          }
          return service.storageChanges().rename(request.getStorage(), request.getNewName());
        },
        storage -> RenameStorageResponse.newBuilder().setStorage(info(storage)).build());
  }

  void setStorageQuota(
      SetStorageQuotaRequest request, StreamObserver<SetStorageQuotaResponse> observer) {
    long quota = request.hasQuotaBytes() ? request.getQuotaBytes() : StorageState.NO_QUOTA;
    requireArgument(quota >= 0, "quota_bytes: expected less than 2^63");
    Answers.answer(
        observer,
        () ->
            groups.of(request.getStorage()).storageChanges().setQuota(request.getStorage(), quota),
        storage -> SetStorageQuotaResponse.newBuilder().setStorage(info(storage)).build());
  }

  void pack(PackRequest request, StreamObserver<PackResponse> observer) {
    long horizon = request.getHorizon();
    requireArgument(horizon > 0, "horizon 0x%x: expected a tid, 1 to 2^63-1", horizon);
    Answers.answer(
        observer,
        () -> {
          StoreService service = groups.of(request.getStorage());
          return service
              .packs()
              .start(
                  service.storageToChange(request.getStorage()).id(),
                  new Tid(horizon),
                  !request.getKeepGarbage(),
                  request.getBy());
        },
        state ->
            PackResponse.newBuilder()
                .setStatus(packStatus(groups.of(request.getStorage()), state))
                .build());
  }

  void getPackStatus(GetPackStatusRequest request, StreamObserver<PackResponse> observer) {
    Answers.answer(
        observer,
        () -> {
          StoreService service = groups.of(request.getStorage());
          return service.packs().newest(service.storageToChange(request.getStorage()).id());
        },
        newest -> {
          PackResponse.Builder response = PackResponse.newBuilder();
          StoreService service = groups.of(request.getStorage());
          newest.ifPresent(state -> response.setStatus(packStatus(service, state)));
          return response.build();
        });
  }

  private StorageInfo info(StorageState state) {
    return StorageMessages.info(state, groups.of(state.name()).group());
  }

  private static PackStatus packStatus(StoreService service, PackState state) {
    return AdminMessages.pack(state, service.reads().applied(state.storage()).nextOid());
  }
}
