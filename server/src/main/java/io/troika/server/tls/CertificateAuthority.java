package io.troika.server.tls;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.Date;
import java.util.List;
import java.util.Set;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A private authority in a directory: {@code ca.crt} and {@code ca.key}, and beside them {@code
 * NAME.crt} and {@code NAME.key} of each node and client that it signed for. Keys are of the curve
 * P-256, files PEM, those of keys readable by their owner alone. Existing files are never replaced,
 * but for certificates that are renewed.
 */
public final class CertificateAuthority {
  /** Of the authority's own certificate. */
  private static final Duration AUTHORITY_VALIDITY = Duration.ofDays(3_650);

  private static final String NAME = "ca";
  private static final String SUFFIX = ".crt";
  private static final String SIGNATURE = "SHA256withECDSA";
  private static final int SERIAL_BITS = 127;

  /** Clocks differ: it is valid from a little earlier. */
  private static final Duration BEFORE = Duration.ofHours(1);

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Path directory;
  private final X509Certificate certificate;
  private final PrivateKey key;
  private final Clock clock;

  private CertificateAuthority(
      Path directory, X509Certificate certificate, PrivateKey key, Clock clock) {
    this.directory = directory;
    this.certificate = certificate;
    this.key = key;
    this.clock = clock;
  }

  /**
   * Makes one.
   *
   * @param directory made if it isn't there
   * @throws java.nio.file.FileAlreadyExistsException if there is one already
   */
  public static CertificateAuthority create(Path directory, Clock clock) throws IOException {
    Files.createDirectories(directory);
    KeyPair pair = newKeys();
    X500Principal subject = new X500Principal("CN=Troika authority");
    X509Certificate certificate =
        sign(
            subject,
            pair.getPrivate(),
            subject,
            pair.getPublic(),
            clock.instant(),
            AUTHORITY_VALIDITY,
            builder -> {
              builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
              builder.addExtension(
                  Extension.subjectKeyIdentifier,
                  false,
                  identifiers().createSubjectKeyIdentifier(pair.getPublic()));
              builder.addExtension(
                  Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            });
    write(directory, NAME, certificate, pair.getPrivate());
    return new CertificateAuthority(directory, certificate, pair.getPrivate(), clock);
  }

  /**
   * Opens one.
   *
   * @throws IOException if it isn't there or is damaged; the message names the file
   */
  public static CertificateAuthority open(Path directory, Clock clock) throws IOException {
    Path certificateFile = directory.resolve(NAME + SUFFIX);
    Path keyFile = directory.resolve(NAME + ".key");
    try (var in = Files.newInputStream(certificateFile)) {
      X509Certificate certificate =
          (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
      String pem = Files.readString(keyFile, US_ASCII).replaceAll("-----[A-Z ]+-----|\\s", "");
      PrivateKey key =
          KeyFactory.getInstance("EC")
              .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
      RenewedFiles.requirePair(certificate, key);
      return new CertificateAuthority(directory, certificate, key, clock);
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException(
          "%s, %s: expected an authority's certificate and key, found something else"
              .formatted(certificateFile, keyFile),
          e);
    }
  }

  /**
   * Signs for a node: it may be shown by servers and clients.
   *
   * @param hosts DNS names and addresses under which others reach it, at least one
   * @return the certificate's file
   */
  public Path issueNode(String name, List<String> hosts, Duration validity) throws IOException {
    List<GeneralName> names = new ArrayList<>();
    for (String host : hosts) {
      boolean address = host.matches("[0-9.]+") || host.contains(":");
      names.add(new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, host));
    }
    return issue(
        name,
        validity,
        builder -> {
          builder.addExtension(
              Extension.subjectAlternativeName,
              false,
              new GeneralNames(names.toArray(GeneralName[]::new)));
          builder.addExtension(
              Extension.extendedKeyUsage,
              false,
              new ExtendedKeyUsage(
                  new KeyPurposeId[] {
                    KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
                  }));
        });
  }

  /** Signs for a client: no node takes it for a node. Returns the certificate's file. */
  public Path issueClient(String name, Duration validity) throws IOException {
    return issue(
        name,
        validity,
        builder ->
            builder.addExtension(
                Extension.extendedKeyUsage,
                false,
                new ExtendedKeyUsage(KeyPurposeId.id_kp_clientAuth)));
  }

  /** Where its files are. */
  public Path directory() {
    return directory;
  }

  /**
   * A certificate of this authority in its directory.
   *
   * @param ends until when it is valid
   */
  public record Issued(String name, Path file, Instant ends) {}

  /**
   * All that it has signed and that are in its directory, by name; what others have signed is not.
   */
  public List<Issued> issued() throws IOException {
    List<Issued> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
      for (Path file : files) {
        String fileName = file.getFileName().toString();
        String name = fileName.substring(0, fileName.length() - SUFFIX.length());
        if (name.equals(NAME)) {
          continue;
        }
        X509Certificate each = read(file);
        if (isOwn(each)) {
          found.add(new Issued(name, file, each.getNotAfter().toInstant()));
        }
      }
    }
    found.sort(Comparator.comparing(Issued::name));
    return found;
  }

  private boolean isOwn(X509Certificate other) {
    try {
      other.verify(certificate.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /**
   * Signs a certificate again: of the same name, hosts, uses and key, valid from now. Its file is
   * replaced in one step; as the key stays, nothing else has to be handed out with it, and no
   * reader ever finds two that don't belong together.
   *
   * @throws IOException if it isn't there, or of another authority; the message names the file
   */
  public Issued renew(String name, Duration validity) throws IOException {
    Path file = directory.resolve(name + SUFFIX);
    X509Certificate old = read(file);
    if (!isOwn(old)) {
      throw new IOException(
          "%s: expected a certificate of the authority in %s, found one of '%s'"
              .formatted(file, directory, old.getIssuerX500Principal().getName()));
    }
    X509Certificate renewed =
        sign(
            certificate.getSubjectX500Principal(),
            key,
            old.getSubjectX500Principal(),
            old.getPublicKey(),
            clock.instant(),
            validity,
            builder -> copyExtensions(old, builder));
    Path next = directory.resolve(name + SUFFIX + ".new");
    try {
      Files.writeString(next, pem(renewed), US_ASCII);
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(next);
    }
    return new Issued(name, file, renewed.getNotAfter().toInstant());
  }

  private static void copyExtensions(X509Certificate from, JcaX509v3CertificateBuilder to)
      throws CertIOException, GeneralSecurityException {
    for (boolean critical : List.of(true, false)) {
      Set<String> oids =
          critical ? from.getCriticalExtensionOIDs() : from.getNonCriticalExtensionOIDs();
      for (String oid : oids) {
        to.copyAndAddExtension(new ASN1ObjectIdentifier(oid), critical, from);
      }
    }
  }

  private static X509Certificate read(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    } catch (GeneralSecurityException e) {
      throw new IOException(file + ": expected a certificate, found something else", e);
    }
  }

  private Path issue(String name, Duration validity, Extensions extensions) throws IOException {
    KeyPair pair = newKeys();
    X509Certificate issued =
        sign(
            certificate.getSubjectX500Principal(),
            key,
            new X500Principal("CN=" + name),
            pair.getPublic(),
            clock.instant(),
            validity,
            builder -> {
              builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
              builder.addExtension(
                  Extension.subjectKeyIdentifier,
                  false,
                  identifiers().createSubjectKeyIdentifier(pair.getPublic()));
              builder.addExtension(
                  Extension.authorityKeyIdentifier,
                  false,
                  identifiers().createAuthorityKeyIdentifier(certificate));
              builder.addExtension(
                  Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
              extensions.addTo(builder);
            });
    return write(directory, name, issued, pair.getPrivate());
  }

  @FunctionalInterface
  private interface Extensions {
    void addTo(JcaX509v3CertificateBuilder builder)
        throws CertIOException, GeneralSecurityException;
  }

  /**
   * Strict verifiers, as that of ZEO's clients, want them: RFC 5280, sections 4.2.1.1 and 4.2.1.2.
   */
  private static JcaX509ExtensionUtils identifiers() throws GeneralSecurityException {
    return new JcaX509ExtensionUtils();
  }

  private static KeyPair newKeys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has P-256", e);
    }
  }

  private static X509Certificate sign(
      X500Principal issuer,
      PrivateKey issuerKey,
      X500Principal subject,
      PublicKey subjectKey,
      Instant now,
      Duration validity,
      Extensions extensions)
      throws IOException {
    try {
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              issuer,
              new BigInteger(SERIAL_BITS, RANDOM).add(BigInteger.ONE),
              Date.from(now.minus(BEFORE)),
              Date.from(now.plus(validity)),
              subject,
              subjectKey);
      extensions.addTo(builder);
      return new JcaX509CertificateConverter()
          .getCertificate(builder.build(new JcaContentSignerBuilder(SIGNATURE).build(issuerKey)));
    } catch (OperatorCreationException | GeneralSecurityException e) {
      throw new IOException("the certificate of " + subject + " can't be signed", e);
    }
  }

  private static Path write(
      Path directory, String name, X509Certificate certificate, PrivateKey key) throws IOException {
    Path keyFile = directory.resolve(name + ".key");
    Files.createFile(keyFile, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    Files.writeString(keyFile, pem("PRIVATE KEY", key.getEncoded()), US_ASCII);
    Path file = directory.resolve(name + SUFFIX);
    try {
      return Files.writeString(
          file,
          pem(certificate),
          US_ASCII,
          StandardOpenOption.CREATE_NEW,
          StandardOpenOption.WRITE);
    } catch (IOException e) {
      // It would stand beside a certificate that is not its own, as if it were.
      Files.delete(keyFile);
      throw e;
    }
  }

  private static String pem(X509Certificate certificate) throws IOException {
    try {
      return pem("CERTIFICATE", certificate.getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IOException(
          "the certificate of %s can't be encoded".formatted(certificate.getSubjectX500Principal()),
          e);
    }
  }

  private static String pem(String type, byte[] content) {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    return "-----BEGIN %s-----%n%s%n-----END %s-----%n".formatted(type, text, type);
  }
}
