package io.troika.server.cli.processes;

import io.troika.server.config.HostAndPort;
import io.troika.server.config.NodeConfig;
import io.troika.server.node.ClusterLayout;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Chooses the ports of a development cluster. */
public final class DevPorts {
  static final int BASE_DEFAULT = 7_400;

  private DevPorts() {}

  /**
   * A layout.
   *
   * @param base as asked for: 0 is any free ports, null the default ones if they are free
   */
  public static ClusterLayout layout(Path directory, int size, @Nullable Integer base)
      throws IOException {
    if (base != null) {
      return base == 0
          ? ClusterLayout.onFreePorts(directory, size)
          : ClusterLayout.onPorts(directory, size, base);
    }
    ClusterLayout usual = ClusterLayout.onPorts(directory, size, BASE_DEFAULT);
    return areFree(usual) ? usual : ClusterLayout.onFreePorts(directory, size);
  }

  private static boolean areFree(ClusterLayout layout) {
    return layout.nodes().stream()
            .map(NodeConfig::self)
            .flatMap(member -> List.of(member.client(), member.raft(), member.peer()).stream())
            .allMatch(DevPorts::isFree)
        && layout.nodes().stream()
            .map(node -> node.zeo().listen())
            .allMatch(zeo -> zeo == null || isFree(zeo))
        && layout.nodes().stream()
            .map(NodeConfig::httpListen)
            .allMatch(http -> http == null || isFree(http));
  }

  private static boolean isFree(HostAndPort address) {
    try (ServerSocket socket =
        new ServerSocket(address.port(), 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException e) {
      return false; // taken, or not ours to take: what was asked
    }
  }
}
