package io.troika.server.config;

import io.troika.server.config.NodeConfig.MemberConfig;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What has to be, or should be, the same in the configuration of every node. */
public final class SharedSettings {
  private SharedSettings() {}

  /** The values in words, by their keys. Holds no secrets. */
  public static Map<String, String> of(NodeConfig config) {
    Map<String, String> settings = new TreeMap<>();
    settings.put(
        Settings.MEMBERS,
        config.members().stream()
            .sorted(Comparator.comparing(MemberConfig::nodeId))
            .map(
                member ->
                    "%s at %s, %s, %s"
                        .formatted(member.nodeId(), member.raft(), member.peer(), member.client()))
            .collect(Collectors.joining("; ")));
    settings.put("tls", config.tls() == null ? "off" : "on");
    settings.put(SecuritySettings.ACCESS.path(), SecuritySettings.ACCESS.render(config));
    for (Setting setting : Settings.ALL) {
      if (setting.path().startsWith("raft.") || setting.path().startsWith("limits.")) {
        settings.put(setting.path(), setting.render(config));
      }
    }
    return settings;
  }
}
