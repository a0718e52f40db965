package io.troika.it.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.ClientListener;
import io.troika.client.ClusterAdmin;
import io.troika.client.Codec;
import io.troika.client.NodeChange;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.server.config.NodeConfig;
import io.troika.server.config.NodeConfig.MemberConfig;
import io.troika.server.node.ClusterLayout;
import io.troika.server.node.LocalCluster;
import io.troika.server.node.Node;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A client that was told of one node goes on when all that it began with are gone. */
@Timeout(900)
final class ChangedMembersTest {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int COMMITS = 50;

  @TempDir private Path directory;
  private List<MemberConfig> places = List.of();
  private volatile List<String> used = List.of();
  private volatile int commits;
  private volatile boolean stopping;

  @BeforeEach
  void findPlaces() throws IOException {
    places = ClusterLayout.onFreePorts(directory, 5).nodes().get(0).members();
  }

  private NodeConfig node(int number, List<MemberConfig> members) {
    String id = "n" + number;
    return NodeConfig.withDefaults(id, directory.resolve(id).resolve("data"), members);
  }

  private LocalCluster startThree() throws IOException {
    List<MemberConfig> three = places.subList(0, 3);
    return LocalCluster.start(
        new ClusterLayout(directory, List.of(node(1, three), node(2, three), node(3, three))));
  }

  private Node join(int number) throws IOException {
    List<MemberConfig> members = new ArrayList<>(places.subList(0, 3));
    members.add(place(number));
    return Node.start(node(number, members).joining());
  }

  private MemberConfig place(int number) {
    return places.get(number - 1);
  }

  private TroikaClient clientOfTheFirst() {
    ClientListener listener =
        new ClientListener() {
          @Override
          public void nodesChanged(List<String> addresses) {
            used = addresses;
          }
        };
    return TroikaClient.builder()
        .endpoints(place(1).client().toString())
        .callTimeout(PATIENCE)
        .runTimeout(PATIENCE)
        .listener(listener)
        .build();
  }

  private List<Oid> write(ObjectStore store) {
    List<Oid> written = new ArrayList<>();
    while (!stopping) {
      written.add(store.run(tx -> tx.create("x", Codec.UTF8)));
      commits = written.size();
    }
    return written;
  }

  /** Until it is done, whoever leads: only questions of the operator may fail meanwhile. */
  private static void change(Supplier<NodeChange> request) {
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(TroikaException.class)
        .until(() -> request.get().phase() == NodeChange.Phase.DONE);
  }

  private void awaitUsed(int... numbers) {
    List<String> expected = new ArrayList<>();
    for (int number : numbers) {
      expected.add(place(number).client().toString());
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(used).containsExactlyInAnyOrderElementsOf(expected));
  }

  @Test
  void membersAddedRemovedAndReplacedUnderLoad_clientFollows_andNothingIsLost() throws Exception {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (LocalCluster cluster = startThree();
        TroikaClient client = clientOfTheFirst()) {
      StartedCluster.awaitMain(cluster);
      ObjectStore store = client.store("main");
      ClusterAdmin admin = client.admin();
      Future<List<Oid>> writing = thread.submit(() -> write(store));
      awaitUsed(1, 2, 3);
      try (Node fourth = join(4)) {
        change(() -> admin.addNode("n4", place(4).peer().toString()));
        awaitUsed(1, 2, 3, 4);

        change(() -> admin.removeNode("n1", false));
        awaitUsed(2, 3, 4);
        cluster.stop("n1");

        cluster.kill("n2");
        try (Node fifth = join(5)) {
          change(() -> admin.replaceNode("n2", "n5", place(5).peer().toString()));
          awaitUsed(3, 4, 5);
          assertThat(fourth.whenBroken()).isNotDone();
          assertThat(fifth.whenBroken()).isNotDone();

          await().atMost(PATIENCE).until(() -> commits > COMMITS || writing.isDone());
          stopping = true;
          List<Oid> written = writing.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
          assertThat(written).hasSizeGreaterThan(COMMITS);
          try (var view = store.view()) {
            assertThat(view.readAll(written)).hasSameSizeAs(written);
          }
        }
      }
    } finally {
      stopping = true;
      thread.shutdownNow();
    }
  }
}
