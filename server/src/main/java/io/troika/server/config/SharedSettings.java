package io.troika.server.config;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What has to be, or should be, the same in the configuration of every node. Not who the members
 * are, nor that a node was told to join: once members have changed, files differ in that.
 */
public final class SharedSettings {
  /** Beside them in a node's report: who the members are, by its file. */
  public static final String MEMBERS = "members";

  private SharedSettings() {}

  /** The same, and the members: {@code n1=host:port}, by their addresses for clients. */
  public static Map<String, String> withMembers(NodeConfig config) {
    Map<String, String> settings = new TreeMap<>(of(config));
    settings.put(
        MEMBERS,
        config.members().stream()
            .map(member -> member.nodeId() + "=" + member.client())
            .sorted()
            .collect(Collectors.joining(", ")));
    return settings;
  }

  /** The values in words, by their keys. Holds no secrets. */
  public static Map<String, String> of(NodeConfig config) {
    Map<String, String> settings = new TreeMap<>();
    settings.put("tls", config.tls() == null ? "off" : "on");
    settings.put(SecuritySettings.ACCESS.path(), SecuritySettings.ACCESS.render(config));
    for (Setting setting : Settings.ALL) {
      boolean shared = setting.path().startsWith("raft.") || setting.path().startsWith("limits.");
      if (shared && !setting.equals(RaftSettings.JOIN)) {
        settings.put(setting.path(), setting.render(config));
      }
    }
    return settings;
  }
}
