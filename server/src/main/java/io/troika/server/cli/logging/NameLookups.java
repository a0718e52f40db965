package io.troika.server.cli.logging;

import java.security.Security;

/** How long this process believes in what a name was looked up to. */
public final class NameLookups {
  private static final String SECONDS = "1";

  private NameLookups() {}

  /**
   * A node keeps its name and changes its address when its container is made anew or its network
   * comes back; Java and gRPC believe in an old one for 30 s. To be called before either has looked
   * anything up.
   */
  public static void followChanges() {
    Security.setProperty("networkaddress.cache.ttl", SECONDS); // Java
    Security.setProperty("networkaddress.cache.negative.ttl", SECONDS);
    System.setProperty("networkaddress.cache.ttl", SECONDS); // gRPC, also that of Ratis
  }
}
