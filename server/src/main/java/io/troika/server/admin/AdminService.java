package io.troika.server.admin;

import io.troika.api.v1.AdminGrpc;
import io.troika.server.service.ClusterControl;
import io.troika.server.service.StoreService;

/** The gRPC service {@code troika.v1.Admin} of one node. */
@SuppressWarnings("DoNotCallSuggester") // filled in the next commit
public final class AdminService extends AdminGrpc.AdminImplBase {

  /**
   * Not started by itself: goes into the server of the gRPC front.
   *
   * @param nodeId this node
   * @param version what {@code GetClusterStatus} says
   * @param replicas how the digests of the other nodes are asked for; closed by the caller
   */
  public static AdminService create(
      String nodeId,
      String version,
      StoreService service,
      ClusterControl cluster,
      ReplicaDigests replicas) {
    throw new UnsupportedOperationException("in the next commit");
  }
}
