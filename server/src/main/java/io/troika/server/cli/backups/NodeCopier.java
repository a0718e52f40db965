package io.troika.server.cli.backups;

import io.troika.client.Freshness;
import io.troika.client.ReadPreference;
import io.troika.client.TroikaClient;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.TlsConfig;
import io.troika.server.node.StorageCopier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Collectors;

/** Backs up what a node is asked to: as {@code troika backup} does, with the node's certificate. */
public final class NodeCopier {
  private NodeCopier() {}

  /** See {@link StorageCopier#copy}. */
  public static String copy(
      NodeConfig node, String storage, Path directory, StorageCopier.Progress progress)
      throws IOException {
    try (TroikaClient leading = builder(node).build();
        TroikaClient reading =
            builder(node)
                .readPreference(ReadPreference.FOLLOWER)
                .freshness(Freshness.SESSION)
                .build()) {
      BackupReport report =
          BackupRun.run(
              leading.store(storage), reading.store(storage), directory, progress::written);
      return "up to %s: %s transactions were new".formatted(report.tid(), report.transactions());
    }
  }

  private static TroikaClient.Builder builder(NodeConfig node) {
    TroikaClient.Builder builder =
        TroikaClient.builder()
            .endpoints(
                node.members().stream()
                    .map(member -> member.client().toString())
                    .collect(Collectors.joining(",")));
    TlsConfig tls = node.tls();
    if (tls != null) {
      builder.tls(tls.certificate(), tls.key(), tls.authority());
    }
    return builder;
  }
}
