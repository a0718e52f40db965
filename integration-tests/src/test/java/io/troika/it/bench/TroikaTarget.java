package io.troika.it.bench;

import io.troika.client.Bytes;
import io.troika.client.Freshness;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.Transaction;
import io.troika.client.TransactionOptions;
import io.troika.client.TroikaClient;
import io.troika.it.cluster.ClusterProbe;
import io.troika.it.cluster.ProcessCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Three Troika nodes and the Java client: transactions that write one object of the client's own,
 * through the whole path (client, gRPC, serial check, Raft, apply, answer).
 */
final class TroikaTarget implements CommitTarget {
  private final ProcessCluster cluster;
  private final Bytes data;
  private final Connections<TroikaClient> connections;

  private TroikaTarget(ProcessCluster cluster, int valueBytes) {
    this.cluster = cluster;
    this.data = Bytes.copyOf(Payload.ofBytes(valueBytes));
    this.connections =
        new Connections<>(number -> TroikaClient.connect(cluster.endpoints()), TroikaClient::close);
  }

  static TroikaTarget start(Path directory, int valueBytes) throws IOException {
    Files.createDirectories(directory);
    ProcessCluster cluster = ProcessCluster.start(directory, 3);
    try (ClusterProbe probe = new ClusterProbe(cluster)) {
      probe.awaitWhole();
    }
    return new TroikaTarget(cluster, valueBytes);
  }

  ProcessCluster cluster() {
    return cluster;
  }

  @Override
  public String name() {
    return "Troika";
  }

  @Override
  public void prepare(int clients) throws IOException {
    connections.keepFor(clients);
  }

  @Override
  public Worker worker(int number) {
    ObjectStore store = connections.of(number).store("main");
    Oid oid = store.run(tx -> tx.create(data));
    // The serial is what the last commit answered: a session view costs no round trip.
    TransactionOptions options = TransactionOptions.DEFAULT.withFreshness(Freshness.SESSION);
    return () -> {
      try (Transaction transaction = store.begin(options)) {
        transaction.write(oid, data);
        transaction.commit();
      }
    };
  }

  @Override
  public void close() throws IOException {
    connections.close();
    cluster.close();
  }
}
