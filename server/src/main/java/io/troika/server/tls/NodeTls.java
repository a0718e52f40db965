package io.troika.server.tls;

import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ServerCredentials;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.TlsServerCredentials.ClientAuth;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.troika.server.config.TlsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * What a node's connections are secured with: nothing, or certificates on both sides of each. The
 * files are looked at each minute, and new ones are used by connections made from then on; if they
 * can't be read, the old ones stay. Safe for any thread.
 */
public final class NodeTls implements AutoCloseable {
  /** Plain text. */
  public static final NodeTls NONE = new NodeTls(null, null, null);

  private static final long LOOK_MINUTES = 1;

  private final @Nullable Managers managers;
  private final @Nullable RenewedFiles files;
  private final @Nullable ScheduledExecutorService looker;

  /**
   * For libraries that want them themselves.
   *
   * @param key this node's certificate and key
   * @param clients trusts whom the authority signed
   * @param peers the same, but only nodes: see {@link NodesOnlyTrust}
   */
  public record Managers(
      X509ExtendedKeyManager key,
      X509ExtendedTrustManager clients,
      X509ExtendedTrustManager peers) {}

  private NodeTls(
      @Nullable Managers managers,
      @Nullable RenewedFiles files,
      @Nullable ScheduledExecutorService looker) {
    this.managers = managers;
    this.files = files;
    this.looker = looker;
  }

  /**
   * Reads the files.
   *
   * @param config null: {@link #NONE}
   * @throws IOException if a file can't be read, or holds no PEM of its kind; the message names it
   */
  public static NodeTls open(@Nullable TlsConfig config) throws IOException {
    if (config == null) {
      return NONE;
    }
    return open(
        config,
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "troika-tls");
              thread.setDaemon(true);
              return thread;
            }));
  }

  /**
   * The same with the thread that looks at the files.
   *
   * @param looker ended by {@link #close}, or now if this fails
   */
  static NodeTls open(TlsConfig config, ScheduledExecutorService looker) throws IOException {
    try {
      return read(config, looker);
    } catch (IOException | RuntimeException e) {
      looker.shutdownNow();
      throw e;
    }
  }

  private static NodeTls read(TlsConfig config, ScheduledExecutorService looker)
      throws IOException {
    requireReadable("tls.certificate", config.certificate());
    requireReadable("tls.key", config.key());
    requireReadable("tls.authority", config.authority());
    AdvancedTlsX509KeyManager key = new AdvancedTlsX509KeyManager();
    AdvancedTlsX509TrustManager trust;
    RenewedFiles files;
    try {
      trust = AdvancedTlsX509TrustManager.newBuilder().build();
      files = new RenewedFiles(config, key, trust);
      files.read();
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      throw new IOException(
          "tls: expected a certificate, its key and an authority's certificate in PEM, found %s, %s and %s: %s"
              .formatted(config.certificate(), config.key(), config.authority(), e.getMessage()),
          e);
    }
    var unused =
        looker.scheduleWithFixedDelay(files::look, LOOK_MINUTES, LOOK_MINUTES, TimeUnit.MINUTES);
    return new NodeTls(new Managers(key, trust, new NodesOnlyTrust(trust)), files, looker);
  }

  private static void requireReadable(String name, Path file) throws IOException {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new IOException("%s: %s: no such file, or it can't be read".formatted(name, file));
    }
  }

  /** The key and trust managers; empty without TLS. */
  public Optional<Managers> managers() {
    return Optional.ofNullable(managers);
  }

  /** When the certificate expires that this node shows now; empty without TLS. */
  public Optional<Instant> expires() {
    return files == null ? Optional.empty() : Optional.of(files.expires());
  }

  /**
   * For a gRPC port that clients use.
   *
   * @param certificates whether a client must show one; else it may, as one that has a token. One
   *     that is shown is checked in any case
   */
  public ServerCredentials forClients(ClientCertificates certificates) {
    return managers == null
        ? InsecureServerCredentials.create()
        : server(
            managers.clients(),
            switch (certificates) {
              case REQUIRED -> ClientAuth.REQUIRE;
              case OPTIONAL -> ClientAuth.OPTIONAL;
            });
  }

  /** What is expected of clients. */
  public enum ClientCertificates {
    REQUIRED,
    OPTIONAL
  }

  /** For a gRPC port that only nodes use. */
  public ServerCredentials forPeers() {
    return managers == null
        ? InsecureServerCredentials.create()
        : server(managers.peers(), ClientAuth.REQUIRE);
  }

  private ServerCredentials server(X509ExtendedTrustManager trust, ClientAuth clients) {
    return TlsServerCredentials.newBuilder()
        .keyManager(managers().orElseThrow().key())
        .trustManager(new AlertingTrust(trust))
        .clientAuth(clients)
        .build();
  }

  /** For a gRPC connection to another node: its certificate names the host that is asked for. */
  public ChannelCredentials toNode() {
    return managers == null
        ? InsecureChannelCredentials.create()
        : TlsChannelCredentials.newBuilder()
            .keyManager(managers.key())
            .trustManager(managers.clients())
            .build();
  }

  /** Looks at the files no more. */
  @Override
  public void close() {
    if (looker != null) {
      looker.shutdownNow();
    }
  }
}
