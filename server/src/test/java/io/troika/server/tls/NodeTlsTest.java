package io.troika.server.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.config.TlsConfig;
import io.troika.server.tls.NodeTls.Managers;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are renewed while a node runs. */
class NodeTlsTest {
  private static final Duration YEAR = Duration.ofDays(365);

  @TempDir Path directory;

  private final Looker looker = new Looker();
  private CertificateAuthority authority;
  private TlsConfig files;
  private NodeTls tls;

  /** Looks when the test says so, not each minute. */
  private static final class Looker extends ScheduledThreadPoolExecutor {
    private final List<Runnable> looks = new ArrayList<>();

    private Looker() {
      super(1);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(
        Runnable look, long first, long then, TimeUnit unit) {
      assertThat(unit.toSeconds(then)).isEqualTo(60);
      looks.add(look);
      return schedule(() -> {}, 0, TimeUnit.SECONDS);
    }

    private void look() {
      looks.forEach(Runnable::run);
    }
  }

  @BeforeEach
  void open() throws IOException {
    authority = CertificateAuthority.create(directory.resolve("ca"), Clock.systemUTC());
    assertThat(authority.issueNode("old", List.of("127.0.0.1"), YEAR)).exists();
    assertThat(authority.issueNode("new", List.of("127.0.0.1"), YEAR)).exists();
    files =
        new TlsConfig(
            directory.resolve("n1.crt"), directory.resolve("n1.key"), directory.resolve("ca.crt"));
    put(files.certificate(), made("ca", "old.crt"), 1);
    put(files.key(), made("ca", "old.key"), 1);
    put(files.authority(), made("ca", "ca.crt"), 1);
    tls = NodeTls.open(files, looker);
  }

  @AfterEach
  void close() {
    tls.close();
    assertThat(looker.isShutdown()).isTrue();
  }

  private Path made(String of, String name) {
    return directory.resolve(of).resolve(name);
  }

  /** Replaces a file as tools do that renew, with a time that is newer for certain. */
  private static void put(Path file, Path content, int generation) throws IOException {
    Files.copy(content, file, StandardCopyOption.REPLACE_EXISTING);
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_700_000_000_000L + generation * 60_000L));
  }

  private Managers managers() {
    return tls.managers().orElseThrow();
  }

  private X509Certificate shown() {
    return chain()[0];
  }

  private X509Certificate[] chain() {
    String alias = managers().key().chooseEngineServerAlias("EC", null, null);
    return Objects.requireNonNull(managers().key().getCertificateChain(alias));
  }

  private static X509Certificate read(Path file) throws IOException, GeneralSecurityException {
    try (InputStream in = Files.newInputStream(file)) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  @Test
  void renewedCertificate_isShownAfterTheNextLook() throws Exception {
    assertThat(shown()).isEqualTo(read(made("ca", "old.crt")));

    put(files.certificate(), made("ca", "new.crt"), 2);
    put(files.key(), made("ca", "new.key"), 2);
    assertThat(shown()).isEqualTo(read(made("ca", "old.crt")));
    looker.look();

    assertThat(shown()).isEqualTo(read(made("ca", "new.crt")));
  }

  @Test
  void renewedFile_thatCanNotBeRead_leavesTheOldOne() throws Exception {
    Path torn = Files.writeString(directory.resolve("torn"), "-----BEGIN CERTIFICATE-----\nAAAA");
    put(files.certificate(), torn, 2);
    put(files.key(), made("ca", "new.key"), 2);
    looker.look();
    assertThat(shown()).isEqualTo(read(made("ca", "old.crt")));

    put(files.certificate(), made("ca", "new.crt"), 3);
    put(files.key(), made("ca", "new.key"), 3);
    looker.look();
    assertThat(shown()).isEqualTo(read(made("ca", "new.crt")));
  }

  /** As tools write it that renew with the key that is there. */
  @Test
  void renewedCertificate_ofTheOldKey_isShownAfterTheNextLook() throws Exception {
    Path longer = directory.resolve("longer");
    Files.writeString(
        longer, Files.readString(made("ca", "old.crt")) + Files.readString(made("ca", "ca.crt")));

    put(files.certificate(), longer, 2);
    looker.look();

    assertThat(chain()).containsExactly(read(made("ca", "old.crt")), read(made("ca", "ca.crt")));
  }

  @Test
  void renewedKey_thatIsHalfWritten_endsNoLooks() throws Exception {
    Path torn = Files.writeString(directory.resolve("torn"), "-----BEGIN PRIVATE KEY-----\nMI-");
    put(files.certificate(), made("ca", "new.crt"), 2);
    put(files.key(), torn, 2);
    looker.look();
    assertThat(shown()).isEqualTo(read(made("ca", "old.crt")));

    put(files.key(), made("ca", "new.key"), 3);
    looker.look();
    assertThat(shown()).isEqualTo(read(made("ca", "new.crt")));
  }

  @Test
  void renewedCertificate_withAnotherKey_leavesTheOldOne() throws Exception {
    put(files.certificate(), made("ca", "new.crt"), 2);
    put(files.key(), made("ca", "old.key"), 2);
    looker.look();

    assertThat(shown()).isEqualTo(read(made("ca", "old.crt")));
    assertThat(tls.expires()).contains(shown().getNotAfter().toInstant());
  }

  @Test
  void open_certificateOfAnotherKey_isRefused() throws Exception {
    put(files.key(), made("ca", "new.key"), 2);

    assertThatThrownBy(() -> NodeTls.open(files))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(files.certificate().toString())
        .hasMessageEndingWith("the certificate is not that of the key");
  }

  @Test
  void renewedAuthority_thatIsEmptyStill_leavesTheOldOne() throws Exception {
    X509Certificate old = read(made("ca", "ca.crt"));
    put(files.authority(), Files.createFile(directory.resolve("empty")), 2);
    looker.look();

    assertThat(managers().clients().getAcceptedIssuers()).containsExactly(old);
  }

  @Test
  void renewedAuthority_isTrustedAfterTheNextLook() throws Exception {
    X509Certificate old = read(made("ca", "ca.crt"));
    var unused = CertificateAuthority.create(directory.resolve("other"), Clock.systemUTC());
    assertThat(managers().clients().getAcceptedIssuers()).containsExactly(old);

    put(files.authority(), made("other", "ca.crt"), 2);
    assertThat(managers().clients().getAcceptedIssuers()).containsExactly(old);
    looker.look();

    X509Certificate renewed = read(made("other", "ca.crt"));
    assertThat(managers().clients().getAcceptedIssuers()).containsExactly(renewed);
    assertThat(managers().peers().getAcceptedIssuers()).containsExactly(renewed);
  }

  @Test
  void identity_ofACertificate_isItsNameAndWhetherItIsANodes() throws Exception {
    assertThat(PeerIdentity.of(read(made("ca", "old.crt"))))
        .isEqualTo(new PeerIdentity("old", true));
    assertThat(PeerIdentity.of(read(authority.issueClient("a.b_c", YEAR))))
        .isEqualTo(new PeerIdentity("a.b_c", false));
  }
}
