package io.troika.client.internal;

import static io.troika.client.internal.Checks.requireArgument;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** Addresses of nodes, as people type them. */
public final class Endpoints {
  private static final int PORT_MAX = 65_535;

  /** A name or an IPv4 address, or an IPv6 one in brackets. */
  private static final Pattern HOST =
      Pattern.compile("[^\\s:/\\[\\]@?#]+|\\[[0-9a-fA-F:.]+(%\\w+)?]");

  private Endpoints() {}

  /**
   * Those of a list, {@code host:port} separated by commas.
   *
   * @throws IllegalArgumentException names the one that is none
   */
  public static List<String> parse(String list) {
    return Arrays.stream(list.split(",", -1)).map(String::strip).map(Endpoints::require).toList();
  }

  private static String require(String endpoint) {
    int colon = endpoint.lastIndexOf(':');
    requireArgument(colon > 0, "endpoint '%s': expected host:port", endpoint);
    requireArgument(
        HOST.matcher(endpoint.substring(0, colon)).matches(),
        "endpoint '%s': expected host:port, an IPv6 address in brackets and nothing before it",
        endpoint);
    String port = endpoint.substring(colon + 1);
    boolean numeric =
        !port.isEmpty() && port.length() <= 5 && port.chars().allMatch(Character::isDigit);
    requireArgument(
        numeric && Integer.parseInt(port) >= 1 && Integer.parseInt(port) <= PORT_MAX,
        "endpoint '%s': expected a port from 1 to %s",
        endpoint,
        PORT_MAX);
    return endpoint;
  }
}
