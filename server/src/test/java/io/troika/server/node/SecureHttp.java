package io.troika.server.node;

import io.troika.server.config.TlsConfig;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** Clients of ports with TLS, with a certificate or without. */
final class SecureHttp {
  private SecureHttp() {}

  /** Trusts the authority of {@code authority}, and shows no certificate. */
  static HttpClient client(Path authority) {
    return client(authority, authority, null);
  }

  /** Shows the certificate {@code name}, which {@code issuer} has signed. */
  static HttpClient client(Path authority, Path issuer, @Nullable String name) {
    return HttpClient.newBuilder().sslContext(context(authority, issuer, name)).build();
  }

  /**
   * Trusts {@code authority}, and shows the certificate {@code name} of {@code issuer}, or none.
   */
  static SSLContext context(Path authority, Path issuer, @Nullable String name) {
    try (NodeTls trusting = NodeTls.open(files(authority, "n1"));
        NodeTls shown = NodeTls.open(name == null ? null : files(issuer, name))) {
      KeyManager[] keys =
          shown.managers().map(each -> new KeyManager[] {each.key()}).orElse(new KeyManager[0]);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys, new TrustManager[] {trusting.managers().orElseThrow().clients()}, null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  static TlsConfig files(Path authority, String name) {
    return new TlsConfig(
        authority.resolve(name + ".crt"),
        authority.resolve(name + ".key"),
        authority.resolve("ca.crt"));
  }
}
