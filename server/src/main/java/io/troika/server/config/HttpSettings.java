package io.troika.server.config;

import com.typesafe.config.Config;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The section {@code http}, but for its address. */
final class HttpSettings {
  static final Setting TLS =
      Setting.ofWords(
          "http.tls",
          List.of("off", "on"),
          c -> c.http().tls() ? 1 : 0,
          "Whether this port has TLS when tls is set. Clients need no certificate there; one that is"
              + " shown is checked. off: for probes that can't; nobody logs in to the status page"
              + " then, unless on loopback.");

  static final List<Setting> ALL = List.of(TLS);

  private HttpSettings() {}

  static HttpConfig read(Config config, @Nullable HostAndPort listen, NodeConfig defaults) {
    return new HttpConfig(listen, TLS.read(config, defaults) == 1);
  }
}
