package io.troika.server.front.grpc;

import io.grpc.Channel;
import io.opentelemetry.api.OpenTelemetry;
import io.troika.server.access.AccessControl;
import io.troika.server.health.NodeHealth;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.refusals.LaggingException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a front stands on.
 *
 * @param nodeId this node
 * @param groups what it serves
 * @param health what its health service says
 * @param access who may do what behind the port; health and reflection are for everybody
 * @param leaders a connection to the node with this client address, {@code host:port}
 * @param telemetry where calls are traced; null: nowhere
 */
public record FrontSetting(
    String nodeId,
    StoreGroups groups,
    NodeHealth health,
    AccessControl access,
    Function<String, Channel> leaders,
    @Nullable OpenTelemetry telemetry) {

  /** Of a node that passes no call on, and traces none. */
  public static FrontSetting alone(
      String nodeId, StoreGroups groups, NodeHealth health, AccessControl access) {
    return new FrontSetting(nodeId, groups, health, access, FrontSetting::unreachable, null);
  }

  private static Channel unreachable(String address) {
    throw new LaggingException("this node passes no call on, nor one to " + address);
  }
}
