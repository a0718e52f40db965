package io.troika.server.config;

import java.util.Map;
import java.util.TreeMap;

/**
 * What has to be, or should be, the same in the configuration of every node. Not who the members
 * are, nor that a node was told to join: once members have changed, files differ in that.
 */
public final class SharedSettings {
  private SharedSettings() {}

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
