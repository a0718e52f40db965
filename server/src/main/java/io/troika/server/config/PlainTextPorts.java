package io.troika.server.config;

import io.troika.server.config.SecurityConfig.PlainText;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Refuses a configuration with which strangers could read or change what passes: a port without TLS
 * where others than this machine may reach it, unless somebody said that this is meant.
 */
public final class PlainTextPorts {
  private PlainTextPorts() {}

  /**
   * To be called before anything listens. Addresses count by their words, nothing is resolved: a
   * name other than {@code localhost} is one that others may reach.
   *
   * @throws NodeConfigException naming the first such port and what can be done
   */
  public static void requireAllowed(NodeConfig config) {
    PlainText allowed = config.security().plainText();
    if (allowed == PlainText.ANYWHERE) {
      return;
    }
    if (config.tls() == null) {
      exposed(config)
          .forEach(
              (name, address) -> {
                throw new NodeConfigException(
                    """
                    %s: expected TLS, as %s is not on loopback, found plain text: set tls.certificate, \
                    tls.key and tls.authority ('troika cert' makes them); where nobody else can reach \
                    this port, %s = anywhere (or --insecure) allows it"""
                        .formatted(name, address, SecuritySettings.PLAIN_TEXT.path()));
              });
    }
    HostAndPort http = config.httpListen();
    if (allowed == PlainText.LOOPBACK && isExposed(http) && !config.isHttpSecured()) {
      throw new NodeConfigException(
          "%s: expected TLS, as %s is not on loopback, found plain text: set tls, and %s = on; %s = http allows it, for a network of monitoring"
              .formatted(
                  Settings.HTTP_LISTEN,
                  http,
                  HttpSettings.TLS.path(),
                  SecuritySettings.PLAIN_TEXT.path()));
    }
  }

  /** The ports that certificates would secure. */
  private static Map<String, HostAndPort> exposed(NodeConfig config) {
    String member = Settings.MEMBERS + "." + config.nodeId() + ".";
    Map<String, @Nullable HostAndPort> ports = new LinkedHashMap<>();
    ports.put(member + "raft", config.listen(config.self().raft()));
    ports.put(member + "peer", config.listen(config.self().peer()));
    ports.put(member + "client", config.listen(config.self().client()));
    ports.put(Settings.ZEO_LISTEN, config.zeo().listen());
    Map<String, HostAndPort> exposed = new LinkedHashMap<>();
    ports.forEach(
        (name, address) -> {
          if (isExposed(address)) {
            exposed.put(name, address);
          }
        });
    return exposed;
  }

  private static boolean isExposed(@Nullable HostAndPort address) {
    return address != null && !address.isLoopback();
  }
}
