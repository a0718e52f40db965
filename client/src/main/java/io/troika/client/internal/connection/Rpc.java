package io.troika.client.internal.connection;

import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.AddNodeRequest;
import io.troika.api.v1.AdminGrpc;
import io.troika.api.v1.AllocateOidsRequest;
import io.troika.api.v1.AllocateOidsResponse;
import io.troika.api.v1.BeginRequest;
import io.troika.api.v1.BeginResponse;
import io.troika.api.v1.BlobPart;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.CommitResponse;
import io.troika.api.v1.CreateGroupRequest;
import io.troika.api.v1.CreateGroupResponse;
import io.troika.api.v1.CreateStorageRequest;
import io.troika.api.v1.CreateStorageResponse;
import io.troika.api.v1.DropGroupRequest;
import io.troika.api.v1.DropGroupResponse;
import io.troika.api.v1.DropStorageRequest;
import io.troika.api.v1.DropStorageResponse;
import io.troika.api.v1.FindLeaderRequest;
import io.troika.api.v1.FindLeaderResponse;
import io.troika.api.v1.GetClusterStatusRequest;
import io.troika.api.v1.GetClusterStatusResponse;
import io.troika.api.v1.GetDigestRequest;
import io.troika.api.v1.GetDigestResponse;
import io.troika.api.v1.GetNodeChangeRequest;
import io.troika.api.v1.GetOutcomeRequest;
import io.troika.api.v1.GetOutcomeResponse;
import io.troika.api.v1.GetPackStatusRequest;
import io.troika.api.v1.GetStorageRequest;
import io.troika.api.v1.GetStorageResponse;
import io.troika.api.v1.GrantAccessRequest;
import io.troika.api.v1.GrantAccessResponse;
import io.troika.api.v1.HistoryRequest;
import io.troika.api.v1.HistoryResponse;
import io.troika.api.v1.InvalidationsSinceRequest;
import io.troika.api.v1.InvalidationsSinceResponse;
import io.troika.api.v1.ListAccessRequest;
import io.troika.api.v1.ListAccessResponse;
import io.troika.api.v1.ListObjectsRequest;
import io.troika.api.v1.ListObjectsResponse;
import io.troika.api.v1.ListStoragesRequest;
import io.troika.api.v1.ListStoragesResponse;
import io.troika.api.v1.ListTransactionsRequest;
import io.troika.api.v1.ListTransactionsResponse;
import io.troika.api.v1.LoadManyRequest;
import io.troika.api.v1.LoadManyResponse;
import io.troika.api.v1.LoadRequest;
import io.troika.api.v1.LoadResponse;
import io.troika.api.v1.LoadSerialRequest;
import io.troika.api.v1.NodeChangeResponse;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.api.v1.PackRequest;
import io.troika.api.v1.PackResponse;
import io.troika.api.v1.PlaceStorageRequest;
import io.troika.api.v1.PlaceStorageResponse;
import io.troika.api.v1.ReadBlobRequest;
import io.troika.api.v1.RemoveNodeRequest;
import io.troika.api.v1.RenameStorageRequest;
import io.troika.api.v1.RenameStorageResponse;
import io.troika.api.v1.ReplaceNodeRequest;
import io.troika.api.v1.ReplaceStorageRequest;
import io.troika.api.v1.ReplaceStorageResponse;
import io.troika.api.v1.ReportJobRequest;
import io.troika.api.v1.ReportJobResponse;
import io.troika.api.v1.RestoreRequest;
import io.troika.api.v1.RevokeAccessRequest;
import io.troika.api.v1.RevokeAccessResponse;
import io.troika.api.v1.SealGroupRequest;
import io.troika.api.v1.SealGroupResponse;
import io.troika.api.v1.SetStorageQuotaRequest;
import io.troika.api.v1.SetStorageQuotaResponse;
import io.troika.api.v1.StageChunkRequest;
import io.troika.api.v1.StageChunkResponse;
import io.troika.api.v1.TakeSnapshotRequest;
import io.troika.api.v1.TakeSnapshotResponse;
import io.troika.api.v1.TransactionRecordsRequest;
import io.troika.api.v1.TransferLeadershipRequest;
import io.troika.api.v1.TransferLeadershipResponse;
import io.troika.api.v1.UnplaceStorageRequest;
import io.troika.api.v1.UnplaceStorageResponse;
import io.troika.api.v1.VerifyRequest;
import io.troika.api.v1.VerifyResponse;
import io.troika.client.RecordedChange;
import io.troika.client.internal.codec.HistoryCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The calls that the client knows, each with where it goes first. All of them may be sent again: a
 * commit is done once for each transaction id, the others change nothing that a second time changes
 * more.
 *
 * @param <Q> what is sent
 * @param <R> what is answered
 */
public final class Rpc<Q, R> {
  public static final Rpc<FindLeaderRequest, FindLeaderResponse> FIND_LEADER =
      unary(Route.ANY, ObjectStoreGrpc.getFindLeaderMethod());
  public static final Rpc<GetStorageRequest, GetStorageResponse> GET_STORAGE =
      unary(Route.LEADER, ObjectStoreGrpc.getGetStorageMethod());
  public static final Rpc<GetStorageRequest, GetStorageResponse> GET_STORAGE_SESSION =
      unary(Route.ANY_HEDGED, ObjectStoreGrpc.getGetStorageMethod());
  public static final Rpc<BeginRequest, BeginResponse> BEGIN_LINEARIZABLE =
      unary(Route.LEADER, ObjectStoreGrpc.getBeginMethod());
  public static final Rpc<BeginRequest, BeginResponse> BEGIN_SESSION =
      unary(Route.ANY_HEDGED, ObjectStoreGrpc.getBeginMethod());
  public static final Rpc<LoadRequest, LoadResponse> LOAD =
      unary(Route.ANY_HEDGED, ObjectStoreGrpc.getLoadMethod());
  public static final Rpc<LoadManyRequest, LoadManyResponse> LOAD_MANY =
      unary(Route.ANY_HEDGED, ObjectStoreGrpc.getLoadManyMethod());
  public static final Rpc<LoadSerialRequest, LoadResponse> LOAD_SERIAL =
      unary(Route.ANY_HEDGED, ObjectStoreGrpc.getLoadSerialMethod());
  public static final Rpc<CommitRequest, CommitResponse> COMMIT =
      unary(Route.LEADER, ObjectStoreGrpc.getCommitMethod());
  public static final Rpc<List<CommitRequest>, CommitResponse> COMMIT_STREAM =
      parts(Route.LEADER, ObjectStoreGrpc.getCommitStreamMethod());
  public static final Rpc<List<CommitRequest>, CommitResponse> COMMIT_TOGETHER =
      parts(Route.LEADER, ObjectStoreGrpc.getCommitTogetherMethod());
  public static final Rpc<StageChunkRequest, StageChunkResponse> STAGE_CHUNK =
      unary(Route.LEADER, ObjectStoreGrpc.getStageChunkMethod());

  /** Of a bounded range: what is answered is collected. */
  public static final Rpc<ReadBlobRequest, List<BlobPart>> READ_BLOB =
      list(Route.ANY, ObjectStoreGrpc.getReadBlobMethod(), part -> part);

  public static final Rpc<RestoreRequest, CommitResponse> RESTORE =
      unary(Route.LEADER, ObjectStoreGrpc.getRestoreMethod());
  public static final Rpc<GetOutcomeRequest, GetOutcomeResponse> GET_OUTCOME =
      unary(Route.LEADER, ObjectStoreGrpc.getGetOutcomeMethod());
  public static final Rpc<AllocateOidsRequest, AllocateOidsResponse> ALLOCATE_OIDS =
      unary(Route.LEADER, ObjectStoreGrpc.getAllocateOidsMethod());
  public static final Rpc<InvalidationsSinceRequest, InvalidationsSinceResponse>
      INVALIDATIONS_SINCE = unary(Route.LEADER, ObjectStoreGrpc.getInvalidationsSinceMethod());
  public static final Rpc<HistoryRequest, HistoryResponse> HISTORY_LINEARIZABLE =
      unary(Route.LEADER, ObjectStoreGrpc.getHistoryMethod());
  public static final Rpc<HistoryRequest, HistoryResponse> HISTORY_SESSION =
      unary(Route.ANY, ObjectStoreGrpc.getHistoryMethod());
  public static final Rpc<ListTransactionsRequest, ListTransactionsResponse>
      TRANSACTIONS_LINEARIZABLE = unary(Route.LEADER, ObjectStoreGrpc.getListTransactionsMethod());
  public static final Rpc<ListTransactionsRequest, ListTransactionsResponse> TRANSACTIONS_SESSION =
      unary(Route.ANY, ObjectStoreGrpc.getListTransactionsMethod());
  public static final Rpc<TransactionRecordsRequest, List<RecordedChange>> RECORDS_LINEARIZABLE =
      list(Route.LEADER, ObjectStoreGrpc.getTransactionRecordsMethod(), HistoryCodec::change);
  public static final Rpc<TransactionRecordsRequest, List<RecordedChange>> RECORDS_SESSION =
      list(Route.ANY, ObjectStoreGrpc.getTransactionRecordsMethod(), HistoryCodec::change);
  public static final Rpc<ListObjectsRequest, ListObjectsResponse> LIST_OBJECTS =
      unary(Route.ANY, ObjectStoreGrpc.getListObjectsMethod());

  public static final Rpc<GetClusterStatusRequest, GetClusterStatusResponse> CLUSTER_STATUS =
      unary(Route.ANY, AdminGrpc.getGetClusterStatusMethod());
  public static final Rpc<GetClusterStatusRequest, GetClusterStatusResponse> LEADER_STATUS =
      unary(Route.LEADER, AdminGrpc.getGetClusterStatusMethod());
  public static final Rpc<TransferLeadershipRequest, TransferLeadershipResponse>
      TRANSFER_LEADERSHIP = unary(Route.LEADER, AdminGrpc.getTransferLeadershipMethod());
  public static final Rpc<TakeSnapshotRequest, TakeSnapshotResponse> TAKE_SNAPSHOT =
      unary(Route.ANY, AdminGrpc.getTakeSnapshotMethod());
  public static final Rpc<GetDigestRequest, GetDigestResponse> GET_DIGEST =
      unary(Route.ANY, AdminGrpc.getGetDigestMethod());
  public static final Rpc<VerifyRequest, VerifyResponse> VERIFY =
      unary(Route.LEADER, AdminGrpc.getVerifyMethod());
  public static final Rpc<ListStoragesRequest, ListStoragesResponse> LIST_STORAGES =
      unary(Route.ANY, AdminGrpc.getListStoragesMethod());
  public static final Rpc<CreateGroupRequest, CreateGroupResponse> CREATE_GROUP =
      unary(Route.LEADER, AdminGrpc.getCreateGroupMethod());
  public static final Rpc<SealGroupRequest, SealGroupResponse> SEAL_GROUP =
      unary(Route.LEADER, AdminGrpc.getSealGroupMethod());
  public static final Rpc<DropGroupRequest, DropGroupResponse> DROP_GROUP =
      unary(Route.LEADER, AdminGrpc.getDropGroupMethod());
  public static final Rpc<PlaceStorageRequest, PlaceStorageResponse> PLACE_STORAGE =
      unary(Route.LEADER, AdminGrpc.getPlaceStorageMethod());
  public static final Rpc<UnplaceStorageRequest, UnplaceStorageResponse> UNPLACE_STORAGE =
      unary(Route.LEADER, AdminGrpc.getUnplaceStorageMethod());
  public static final Rpc<CreateStorageRequest, CreateStorageResponse> CREATE_STORAGE =
      unary(Route.LEADER, AdminGrpc.getCreateStorageMethod());
  public static final Rpc<ReplaceStorageRequest, ReplaceStorageResponse> REPLACE_STORAGE =
      unary(Route.LEADER, AdminGrpc.getReplaceStorageMethod());
  public static final Rpc<DropStorageRequest, DropStorageResponse> DROP_STORAGE =
      unary(Route.LEADER, AdminGrpc.getDropStorageMethod());
  public static final Rpc<RenameStorageRequest, RenameStorageResponse> RENAME_STORAGE =
      unary(Route.LEADER, AdminGrpc.getRenameStorageMethod());
  public static final Rpc<SetStorageQuotaRequest, SetStorageQuotaResponse> SET_STORAGE_QUOTA =
      unary(Route.LEADER, AdminGrpc.getSetStorageQuotaMethod());
  public static final Rpc<AddNodeRequest, NodeChangeResponse> ADD_NODE =
      unary(Route.LEADER, AdminGrpc.getAddNodeMethod());
  public static final Rpc<RemoveNodeRequest, NodeChangeResponse> REMOVE_NODE =
      unary(Route.LEADER, AdminGrpc.getRemoveNodeMethod());
  public static final Rpc<ReplaceNodeRequest, NodeChangeResponse> REPLACE_NODE =
      unary(Route.LEADER, AdminGrpc.getReplaceNodeMethod());
  public static final Rpc<GetNodeChangeRequest, NodeChangeResponse> NODE_CHANGE =
      unary(Route.LEADER, AdminGrpc.getGetNodeChangeMethod());
  public static final Rpc<PackRequest, PackResponse> PACK =
      unary(Route.LEADER, AdminGrpc.getPackMethod());
  public static final Rpc<GetPackStatusRequest, PackResponse> PACK_STATUS =
      unary(Route.LEADER, AdminGrpc.getGetPackStatusMethod());

  public static final Rpc<GrantAccessRequest, GrantAccessResponse> GRANT_ACCESS =
      unary(Route.LEADER, AdminGrpc.getGrantAccessMethod());
  public static final Rpc<RevokeAccessRequest, RevokeAccessResponse> REVOKE_ACCESS =
      unary(Route.LEADER, AdminGrpc.getRevokeAccessMethod());
  public static final Rpc<ReportJobRequest, ReportJobResponse> REPORT_JOB =
      unary(Route.LEADER, AdminGrpc.getReportJobMethod());
  public static final Rpc<ListAccessRequest, ListAccessResponse> LIST_ACCESS =
      unary(Route.LEADER, AdminGrpc.getListAccessMethod());

  /** Where a call goes first. */
  enum Route {
    /** To the leader only: others refuse it, or could not tell what is true now. */
    LEADER,
    /** To the leader or any other node, as the client's read preference says. */
    ANY,
    /** The same, for what is answered quickly: a silent node is left early for the next one. */
    ANY_HEDGED
  }

  private final String name;
  private final Route route;
  private final Sender<Q, R> sender;

  private Rpc(MethodDescriptor<?, ?> method, Route route, Sender<Q, R> sender) {
    this.name = String.valueOf(method.getBareMethodName());
    this.route = route;
    this.sender = sender;
  }

  String name() {
    return name;
  }

  Route route() {
    return route;
  }

  /** Sends once; the observer gets one answer or one error. The call can be cancelled. */
  ClientCall<?, ?> send(
      Channel channel, io.grpc.CallOptions options, Q request, StreamObserver<R> observer) {
    return sender.send(channel, options, request, observer);
  }

  private interface Sender<Q, R> {
    ClientCall<?, ?> send(
        Channel channel, io.grpc.CallOptions options, Q request, StreamObserver<R> observer);
  }

  private static <Q, R> Rpc<Q, R> unary(Route route, MethodDescriptor<Q, R> method) {
    return new Rpc<>(
        method,
        route,
        (channel, options, request, observer) -> {
          ClientCall<Q, R> call = channel.newCall(method, options);
          ClientCalls.asyncUnaryCall(call, request, observer);
          return call;
        });
  }

  private static <Q, R> Rpc<List<Q>, R> parts(Route route, MethodDescriptor<Q, R> method) {
    return new Rpc<>(
        method,
        route,
        (channel, options, request, observer) -> {
          ClientCall<Q, R> call = channel.newCall(method, options);
          StreamObserver<Q> sink = ClientCalls.asyncClientStreamingCall(call, observer);
          request.forEach(sink::onNext);
          sink.onCompleted();
          return call;
        });
  }

  /**
   * Collects a stream that is bounded by what one transaction may hold.
   *
   * @param codec of each part, as it comes: of a large transaction there is never a second copy
   */
  private static <Q, M, R> Rpc<Q, List<R>> list(
      Route route, MethodDescriptor<Q, M> method, Function<M, R> codec) {
    return new Rpc<>(
        method,
        route,
        (channel, options, request, observer) -> {
          ClientCall<Q, M> call = channel.newCall(method, options);
          ClientCalls.asyncServerStreamingCall(call, request, new Collector<>(codec, observer));
          return call;
        });
  }

  private static final class Collector<M, R> implements StreamObserver<M> {
    private final Function<M, R> codec;
    private final StreamObserver<List<R>> target;
    private final List<R> parts = new ArrayList<>();
    private @Nullable RuntimeException unreadable;

    Collector(Function<M, R> codec, StreamObserver<List<R>> target) {
      this.codec = codec;
      this.target = target;
    }

    @Override
    public void onNext(M part) {
      try {
        parts.add(codec.apply(part));
      } catch (RuntimeException e) {
        unreadable = e; // thrown here it would look like a connection that failed
      }
    }

    @Override
    public void onError(Throwable failure) {
      target.onError(failure);
    }

    @Override
    public void onCompleted() {
      if (unreadable != null) {
        target.onError(unreadable);
        return;
      }
      target.onNext(List.copyOf(parts));
      target.onCompleted();
    }
  }
}
