package io.troika.server.cli.doctor;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** No certificate has expired or is about to. */
final class CertificateCheck implements Check {
  static final Duration SOON = Duration.ofDays(30);

  private static final String RENEW =
      "Make a new one with 'troika cert' and put it in place of the old files; that is noticed within a minute, without a restart.";

  @Override
  public String name() {
    return "certificates";
  }

  @Override
  public List<Finding> examine(Examination examination) {
    List<Finding> findings = new ArrayList<>();
    for (NodeAnswer each : examination.answers()) {
      add(findings, each.nodeId(), "its certificate", each.certificateExpires(), examination.now());
    }
    add(
        findings,
        "",
        "the certificate of this command",
        examination.ownCertificateExpires(),
        examination.now());
    return findings;
  }

  private static void add(
      List<Finding> findings, String node, String whose, @Nullable Instant expires, Instant now) {
    if (expires == null) {
      return;
    }
    if (!expires.isAfter(now)) {
      findings.add(Finding.error(node, "%s has expired at %s".formatted(whose, expires), RENEW));
    } else if (expires.isBefore(now.plus(SOON))) {
      findings.add(
          Finding.warning(
              node,
              "%s expires at %s, in %s days"
                  .formatted(whose, expires, Duration.between(now, expires).toDays()),
              RENEW));
    }
  }

  @Override
  public String whenGood(Examination examination) {
    return Stream.concat(
            examination.answers().stream().map(NodeAnswer::certificateExpires),
            Stream.of(examination.ownCertificateExpires()).filter(Objects::nonNull))
        .filter(Objects::nonNull)
        .min(Instant::compareTo)
        .map("the first expires at %s"::formatted)
        .orElse("none: these nodes speak plain text");
  }
}
