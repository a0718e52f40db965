package io.troika.client.internal.admin;

import static io.troika.client.internal.Checks.requireArgument;

import io.troika.api.v1.CreateStorageRequest;
import io.troika.api.v1.DropStorageRequest;
import io.troika.api.v1.ListStoragesRequest;
import io.troika.api.v1.PlaceStorageRequest;
import io.troika.api.v1.RenameStorageRequest;
import io.troika.api.v1.ReplaceStorageRequest;
import io.troika.api.v1.SetStorageQuotaRequest;
import io.troika.api.v1.UnplaceStorageRequest;
import io.troika.client.InvalidRequestException;
import io.troika.client.LeaderInfo;
import io.troika.client.StorageInfo;
import io.troika.client.StorageReplacement;
import io.troika.client.Tid;
import io.troika.client.TransactionId;
import io.troika.client.internal.Futures;
import io.troika.client.internal.codec.ValueCodec;
import io.troika.client.internal.connection.CallPlan;
import io.troika.client.internal.connection.Cluster;
import io.troika.client.internal.connection.Rpc;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;

/** Which storages there are, and in which Raft group each is. */
final class StorageCalls {
  private final Cluster cluster;

  StorageCalls(Cluster cluster) {
    this.cluster = cluster;
  }

  List<StorageInfo> all() {
    return Futures.await(
        cluster
            .call(Rpc.LIST_STORAGES, ListStoragesRequest.getDefaultInstance())
            .thenApply(
                answer -> answer.getStoragesList().stream().map(ValueCodec::storage).toList()));
  }

  StorageInfo create(String name, String group) {
    // In the first group there is nothing to place.
    String there = place(name, group.equals(LeaderInfo.MAIN_GROUP) ? "" : group);
    StorageInfo storage = createIn(name, there);
    if (!storage.group().equals(group)) {
      throw new InvalidRequestException(
          "storage '%s' is there already, in group %s".formatted(name, storage.group()), null);
    }
    return storage;
  }

  StorageInfo create(String name) {
    // Who was asked about one of that name that is no more may have been the leader of another
    // group.
    return createIn(name, place(name, ""));
  }

  private StorageInfo createIn(String name, String group) {
    CreateStorageRequest request =
        CreateStorageRequest.newBuilder().setName(name).setGroup(group).build();
    return Futures.await(
        cluster
            .call(Rpc.CREATE_STORAGE, request, about(name))
            .thenApply(answer -> ValueCodec.storage(answer.getStorage())));
  }

  /** Places the name; with no group it only asks. Answers where it is. */
  private String place(String storage, String group) {
    PlaceStorageRequest request =
        PlaceStorageRequest.newBuilder().setStorage(storage).setGroup(group).build();
    return Futures.await(cluster.call(Rpc.PLACE_STORAGE, request)).getGroup();
  }

  /** Frees the name that a storage had in a group; in the first one nothing is to be done. */
  private void unplace(String storage, String group) {
    if (!group.equals(LeaderInfo.MAIN_GROUP)) {
      UnplaceStorageRequest request =
          UnplaceStorageRequest.newBuilder().setStorage(storage).setGroup(group).build();
      var unused = Futures.await(cluster.call(Rpc.UNPLACE_STORAGE, request));
    }
  }

  /** In which group the storage is, as the first node that answers has it. */
  private String groupOf(String storage) {
    return all().stream()
        .filter(each -> each.name().equals(storage))
        .findFirst()
        .map(StorageInfo::group)
        .orElse(LeaderInfo.MAIN_GROUP);
  }

  private CallPlan about(String storage) {
    return cluster.plan().about(storage);
  }

  Tid replace(StorageReplacement replacement) {
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
        Futures.await(
            cluster
                .call(Rpc.REPLACE_STORAGE, request, about(replacement.storage()))
                .thenApply(answer -> ValueCodec.tid(answer.getTid())));
    unplace(replacement.by(), group);
    return tid;
  }

  void drop(String name, long epoch) {
    DropStorageRequest request =
        DropStorageRequest.newBuilder().setStorage(name).setEpoch(epoch).build();
    String group = groupOf(name);
    var unused = Futures.await(cluster.call(Rpc.DROP_STORAGE, request, about(name)));
    unplace(name, group);
  }

  StorageInfo rename(String name, String newName) {
    RenameStorageRequest request =
        RenameStorageRequest.newBuilder().setStorage(name).setNewName(newName).build();
    String group = groupOf(name);
    if (!group.equals(LeaderInfo.MAIN_GROUP)) {
      var unused = place(newName, group);
    }
    StorageInfo renamed =
        Futures.await(
            cluster
                .call(Rpc.RENAME_STORAGE, request, about(name))
                .thenApply(answer -> ValueCodec.storage(answer.getStorage())));
    unplace(name, group);
    return renamed;
  }

  StorageInfo setQuota(String name, OptionalLong bytes) {
    bytes.ifPresent(quota -> requireArgument(quota >= 0, "a quota of %s bytes", quota));
    SetStorageQuotaRequest.Builder request = SetStorageQuotaRequest.newBuilder().setStorage(name);
    bytes.ifPresent(request::setQuotaBytes);
    return Futures.await(
        cluster
            .call(Rpc.SET_STORAGE_QUOTA, request.build(), about(name))
            .thenApply(answer -> ValueCodec.storage(answer.getStorage())));
  }
}
