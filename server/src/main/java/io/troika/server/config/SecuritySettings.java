package io.troika.server.config;

import com.typesafe.config.Config;
import io.troika.server.config.SecurityConfig.PlainText;
import java.util.List;

/** The section {@code security}, but for the administrators. */
final class SecuritySettings {
  private static final List<PlainText> PLAIN_TEXT_PLACES =
      List.of(PlainText.LOOPBACK, PlainText.HTTP, PlainText.ANYWHERE);

  static final Setting PLAIN_TEXT =
      Setting.ofWords(
          "security.plain-text",
          List.of("loopback", "http", "anywhere"),
          c -> PLAIN_TEXT_PLACES.indexOf(c.security().plainText()),
          "Where ports may have no TLS: on loopback; there and, for the HTTP port, everywhere; all"
              + " ports everywhere, as on a network that strangers can't reach. A node with a port"
              + " elsewhere does not start. The flag --insecure is 'anywhere'.");

  static final Setting ACCESS =
      Setting.ofWords(
          "security.access",
          List.of("open", "required"),
          c -> c.security().accessRequired() ? 1 : 0,
          "Whether everybody who reaches a port may do everything, or only what their certificate"
              + " or token was granted ('troika access'). The latter needs tls; the same on every"
              + " node.");

  static final List<Setting> ALL = List.of(PLAIN_TEXT, ACCESS);

  private SecuritySettings() {}

  static SecurityConfig read(Config config, List<String> administrators, NodeConfig defaults) {
    return new SecurityConfig(
        PLAIN_TEXT_PLACES.get(Math.toIntExact(PLAIN_TEXT.read(config, defaults))),
        ACCESS.read(config, defaults) == 1,
        administrators);
  }
}
