package io.troika.server.front.grpc;

import static io.troika.server.access.Demand.ADMIN_CLUSTER;
import static io.troika.server.access.Demand.ADMIN_STORAGE;
import static io.troika.server.access.Demand.NOTHING;
import static io.troika.server.access.Demand.READ_STORAGE;
import static io.troika.server.access.Demand.TO_BE_KNOWN;
import static io.troika.server.access.Demand.USE_STORAGE;
import static io.troika.server.access.Demand.WRITE_ANYWHERE;
import static io.troika.server.access.Demand.WRITE_STORAGE;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.troika.api.v1.AbortRequest;
import io.troika.api.v1.AdminGrpc;
import io.troika.api.v1.AllocateOidsRequest;
import io.troika.api.v1.BeginRequest;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.CreateStorageRequest;
import io.troika.api.v1.DropStorageRequest;
import io.troika.api.v1.FinishRequest;
import io.troika.api.v1.GetDigestRequest;
import io.troika.api.v1.GetOutcomeRequest;
import io.troika.api.v1.GetPackStatusRequest;
import io.troika.api.v1.GetStorageRequest;
import io.troika.api.v1.HistoryRequest;
import io.troika.api.v1.InvalidationsSinceRequest;
import io.troika.api.v1.ListObjectsRequest;
import io.troika.api.v1.ListTransactionsRequest;
import io.troika.api.v1.LoadManyRequest;
import io.troika.api.v1.LoadRequest;
import io.troika.api.v1.LoadSerialRequest;
import io.troika.api.v1.MonitorGrpc;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.api.v1.PackRequest;
import io.troika.api.v1.PlaceStorageRequest;
import io.troika.api.v1.ReadBlobRequest;
import io.troika.api.v1.ReportJobRequest;
import io.troika.api.v1.RestoreRequest;
import io.troika.api.v1.StageBlobRequest;
import io.troika.api.v1.StageChunkRequest;
import io.troika.api.v1.TransactionRecordsRequest;
import io.troika.api.v1.UnplaceStorageRequest;
import io.troika.api.v1.VerifyRequest;
import io.troika.api.v1.VoteRequest;
import io.troika.api.v1.WatchRequest;
import io.troika.server.access.Demand;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What each method needs: the one table, in which every method of {@code ObjectStore}, {@code
 * Admin} and {@code Monitor} has to be. One that is missing is refused where access is required.
 */
final class MethodAccess {
  private static final Map<String, Rule> RULES = rules();

  /**
   * What one method needs.
   *
   * @param storage finds the storage's name in a request; null if the demand is for none
   * @param audited whether each call is written to the audit log
   */
  record Rule(Demand demand, @Nullable Function<Message, String> storage, boolean audited) {
    /** The storage that a request is about, or null. */
    @Nullable String storageOf(Message request) {
      return storage == null ? null : storage.apply(request);
    }

    /** What is needed where a request names that storage: one that needs to name none may. */
    Demand demandFor(@Nullable String named) {
      boolean isNamed = named != null && !named.isEmpty();
      return isNamed && demand.scope() == Demand.Scope.ANY_STORAGE
          ? new Demand(demand.anyOf(), Demand.Scope.STORAGE)
          : demand;
    }
  }

  private MethodAccess() {}

  /** Null: nobody has said what this method needs. */
  static @Nullable Rule of(String fullMethodName) {
    return RULES.get(fullMethodName);
  }

  private static Map<String, Rule> rules() {
    Table table = new Table();
    readers(table);
    writers(table);
    operators(table);
    return Map.copyOf(table.rules);
  }

  private static void readers(Table table) {
    // So that clients find the node that tells them that they are not known.
    table.add(ObjectStoreGrpc.getFindLeaderMethod(), NOTHING);
    table.add(ObjectStoreGrpc.getGetStorageMethod(), READ_STORAGE, GetStorageRequest::getStorage);
    table.add(ObjectStoreGrpc.getBeginMethod(), READ_STORAGE, BeginRequest::getStorage);
    table.add(ObjectStoreGrpc.getLoadMethod(), READ_STORAGE, LoadRequest::getStorage);
    table.add(ObjectStoreGrpc.getLoadManyMethod(), READ_STORAGE, LoadManyRequest::getStorage);
    table.add(ObjectStoreGrpc.getLoadStreamMethod(), READ_STORAGE, LoadManyRequest::getStorage);
    table.add(ObjectStoreGrpc.getLoadSerialMethod(), READ_STORAGE, LoadSerialRequest::getStorage);
    table.add(ObjectStoreGrpc.getWatchMethod(), READ_STORAGE, WatchRequest::getStorage);
    table.add(
        ObjectStoreGrpc.getInvalidationsSinceMethod(),
        READ_STORAGE,
        InvalidationsSinceRequest::getStorage);
    table.add(ObjectStoreGrpc.getHistoryMethod(), READ_STORAGE, HistoryRequest::getStorage);
    table.add(
        ObjectStoreGrpc.getListTransactionsMethod(),
        READ_STORAGE,
        ListTransactionsRequest::getStorage);
    table.add(
        ObjectStoreGrpc.getTransactionRecordsMethod(),
        READ_STORAGE,
        TransactionRecordsRequest::getStorage);
    table.add(ObjectStoreGrpc.getListObjectsMethod(), READ_STORAGE, ListObjectsRequest::getStorage);
    table.add(ObjectStoreGrpc.getReadBlobMethod(), READ_STORAGE, ReadBlobRequest::getStorage);
  }

  /** A transaction that is voted is known by an id of 128 random bits, and to its client alone. */
  private static void writers(Table table) {
    table.add(ObjectStoreGrpc.getCommitMethod(), WRITE_STORAGE, CommitRequest::getStorage);
    table.add(ObjectStoreGrpc.getCommitStreamMethod(), WRITE_STORAGE, CommitRequest::getStorage);
    // Its parts name several, and each is asked about.
    table.add(ObjectStoreGrpc.getCommitTogetherMethod(), WRITE_STORAGE, CommitRequest::getStorage);
    table.add(
        ObjectStoreGrpc.getVoteMethod(),
        WRITE_STORAGE,
        (VoteRequest vote) -> vote.getTransaction().getStorage());
    table.add(ObjectStoreGrpc.getFinishMethod(), WRITE_ANYWHERE, FinishRequest::getStorage);
    table.add(ObjectStoreGrpc.getAbortMethod(), WRITE_ANYWHERE, AbortRequest::getStorage);
    table.add(ObjectStoreGrpc.getGetOutcomeMethod(), WRITE_ANYWHERE, GetOutcomeRequest::getStorage);
    table.add(ObjectStoreGrpc.getStageChunkMethod(), WRITE_STORAGE, StageChunkRequest::getStorage);
    table.add(ObjectStoreGrpc.getStageBlobMethod(), WRITE_STORAGE, StageBlobRequest::getStorage);
    table.add(
        ObjectStoreGrpc.getAllocateOidsMethod(), WRITE_STORAGE, AllocateOidsRequest::getStorage);
    table.add(ObjectStoreGrpc.getRestoreMethod(), WRITE_STORAGE, RestoreRequest::getStorage);
  }

  /** Where two storages, or two names, are meant, one grant for some storages is not enough. */
  private static void operators(Table table) {
    table.add(AdminGrpc.getGetClusterStatusMethod(), TO_BE_KNOWN);
    table.add(AdminGrpc.getListStoragesMethod(), TO_BE_KNOWN);
    table.add(MonitorGrpc.getGetNodeReportMethod(), ADMIN_CLUSTER);
    table.add(
        AdminGrpc.getReportJobMethod(),
        USE_STORAGE,
        (ReportJobRequest report) -> report.getJob().getStorage());
    table.audit(AdminGrpc.getTransferLeadershipMethod(), ADMIN_CLUSTER);
    table.audit(AdminGrpc.getAddNodeMethod(), ADMIN_CLUSTER);
    table.audit(AdminGrpc.getRemoveNodeMethod(), ADMIN_CLUSTER);
    table.audit(AdminGrpc.getReplaceNodeMethod(), ADMIN_CLUSTER);
    table.add(AdminGrpc.getGetNodeChangeMethod(), ADMIN_CLUSTER);
    table.audit(AdminGrpc.getTakeSnapshotMethod(), ADMIN_CLUSTER);
    table.audit(AdminGrpc.getGetDigestMethod(), ADMIN_STORAGE, GetDigestRequest::getStorage);
    table.audit(AdminGrpc.getVerifyMethod(), ADMIN_STORAGE, VerifyRequest::getStorage);
    table.audit(AdminGrpc.getCreateGroupMethod(), ADMIN_CLUSTER);
    table.audit(AdminGrpc.getSealGroupMethod(), ADMIN_CLUSTER);
    table.audit(AdminGrpc.getDropGroupMethod(), ADMIN_CLUSTER);
    table.audit(AdminGrpc.getPlaceStorageMethod(), ADMIN_STORAGE, PlaceStorageRequest::getStorage);
    table.audit(
        AdminGrpc.getUnplaceStorageMethod(), ADMIN_STORAGE, UnplaceStorageRequest::getStorage);
    table.audit(AdminGrpc.getCreateStorageMethod(), ADMIN_STORAGE, CreateStorageRequest::getName);
    table.audit(AdminGrpc.getReplaceStorageMethod(), ADMIN_CLUSTER);
    table.audit(AdminGrpc.getDropStorageMethod(), ADMIN_STORAGE, DropStorageRequest::getStorage);
    table.audit(AdminGrpc.getRenameStorageMethod(), ADMIN_CLUSTER);
    table.audit(AdminGrpc.getSetStorageQuotaMethod(), ADMIN_CLUSTER);
    table.audit(AdminGrpc.getPackMethod(), ADMIN_STORAGE, PackRequest::getStorage);
    table.add(AdminGrpc.getGetPackStatusMethod(), ADMIN_STORAGE, GetPackStatusRequest::getStorage);
    table.audit(AdminGrpc.getGrantAccessMethod(), ADMIN_CLUSTER);
    table.audit(AdminGrpc.getRevokeAccessMethod(), ADMIN_CLUSTER);
    table.audit(AdminGrpc.getListAccessMethod(), ADMIN_CLUSTER);
  }

  private static final class Table {
    private final Map<String, Rule> rules = new HashMap<>();

    private void add(MethodDescriptor<?, ?> method, Demand demand) {
      rules.put(method.getFullMethodName(), new Rule(demand, null, false));
    }

    private void audit(MethodDescriptor<?, ?> method, Demand demand) {
      rules.put(method.getFullMethodName(), new Rule(demand, null, true));
    }

    private <Q extends Message> void add(
        MethodDescriptor<Q, ?> method, Demand demand, Function<Q, String> storage) {
      rules.put(method.getFullMethodName(), new Rule(demand, erased(storage), false));
    }

    private <Q extends Message> void audit(
        MethodDescriptor<Q, ?> method, Demand demand, Function<Q, String> storage) {
      rules.put(method.getFullMethodName(), new Rule(demand, erased(storage), true));
    }

    /** The descriptor says that the method's requests are of this type. */
    @SuppressWarnings("unchecked")
    private static <Q extends Message> Function<Message, String> erased(
        Function<Q, String> storage) {
      return request -> storage.apply((Q) request);
    }
  }
}
