package io.troika.client.internal.admin;

import static io.troika.client.internal.Checks.requireArgument;

import com.google.protobuf.ByteString;
import io.troika.api.v1.GrantAccessRequest;
import io.troika.api.v1.ListAccessRequest;
import io.troika.api.v1.RevokeAccessRequest;
import io.troika.client.AccessGrant;
import io.troika.client.internal.Futures;
import io.troika.client.internal.codec.AccessCodec;
import io.troika.client.internal.connection.Cluster;
import io.troika.client.internal.connection.Rpc;
import java.util.List;

/** Who may do what. */
final class AccessCalls {
  private final Cluster cluster;

  AccessCalls(Cluster cluster) {
    this.cluster = cluster;
  }

  String createToken(AccessGrant grant) {
    requireArgument(grant.kind() == AccessGrant.Kind.TOKEN, "'%s': no token", grant.name());
    String token = AccessCodec.newToken(grant.name());
    grant(AccessCodec.request(grant, AccessCodec.hash(token)));
    return token;
  }

  void grant(AccessGrant grant) {
    requireArgument(
        grant.kind() == AccessGrant.Kind.CERTIFICATE, "'%s': no certificate", grant.name());
    grant(AccessCodec.request(grant, ByteString.EMPTY));
  }

  private void grant(GrantAccessRequest request) {
    var unused = Futures.await(cluster.call(Rpc.GRANT_ACCESS, request));
  }

  boolean revoke(AccessGrant.Kind kind, String name) {
    RevokeAccessRequest request =
        RevokeAccessRequest.newBuilder().setKind(AccessCodec.kind(kind)).setName(name).build();
    return Futures.await(cluster.call(Rpc.REVOKE_ACCESS, request)).getRevoked();
  }

  List<AccessGrant> grants() {
    return Futures.await(cluster.call(Rpc.LIST_ACCESS, ListAccessRequest.getDefaultInstance()))
        .getGrantsList()
        .stream()
        .map(AccessCodec::grant)
        .toList();
  }
}
