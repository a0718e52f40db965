package io.troika.it.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.Bytes;
import io.troika.client.CommitOutcomeUnknownException;
import io.troika.client.ConflictException;
import io.troika.client.Freshness;
import io.troika.client.JointTransaction;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.Outcome;
import io.troika.client.ReadPreference;
import io.troika.client.ReadView;
import io.troika.client.Revision;
import io.troika.client.Tid;
import io.troika.client.TransactionId;
import io.troika.client.TransactionOptions;
import io.troika.client.TransactionQuery;
import io.troika.client.TransactionRecord;
import io.troika.client.TroikaClient;
import io.troika.client.UnavailableException;
import io.troika.it.cluster.PatientClient;
import io.troika.it.history.JointChecker;
import io.troika.it.history.JointChecker.JointAttempt;
import io.troika.it.history.JointChecker.Look;
import io.troika.it.history.LoggedTransaction;
import io.troika.server.node.ClusterLayout;
import io.troika.server.node.LocalCluster;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Transactions over two storages while leaders are killed: nobody ever sees half of one. */
@Timeout(value = 12, unit = TimeUnit.MINUTES)
final class JointVisibilityTest {
  private static final List<String> STORAGES = List.of("orders", "stock");
  private static final String USER = "joint";
  private static final int WRITERS = 3;
  private static final int READERS = 2;
  private static final int KILLS = 2;
  private static final int COMMITS_BETWEEN = 40;
  private static final int LOOKS_MIN = 20;

  private final AtomicBoolean over = new AtomicBoolean();
  private final List<AtomicInteger> lookCounts =
      Stream.generate(AtomicInteger::new).limit(READERS).toList();
  private final Semaphore acknowledged = new Semaphore(0);
  private final Queue<JointAttempt> attempts = new ConcurrentLinkedQueue<>();
  private final Queue<UnavailableException> withoutLeader = new ConcurrentLinkedQueue<>();

  @Test
  void leadersKilled_nobodySeesHalfOfATransaction(@TempDir Path directory) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(WRITERS + READERS);
    try (LocalCluster cluster = LocalCluster.start(ClusterLayout.onFreePorts(directory, 3))) {
      StartedCluster.awaitMain(cluster);
      String endpoints = cluster.layout().endpoints();
      try (TroikaClient client = PatientClient.connect(endpoints)) {
        for (String name : STORAGES) {
          client.admin().createStorage(name);
          client.store(name).execute(tx -> tx.createAt(Oid.ROOT, Bytes.EMPTY));
        }
        List<Future<List<Look>>> readers = new ArrayList<>();
        List<Future<?>> writers = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
          readers.add(threads.submit(reader(endpoints, i)));
        }
        for (int i = 0; i < WRITERS; i++) {
          writers.add(threads.submit(writer(endpoints, i)));
        }
        for (int i = 0; i < KILLS; i++) {
          awaitCommits();
          killLeaderAndAskTheNextOne(cluster, client);
        }
        awaitCommits();
        await().until(() -> lookCounts.stream().allMatch(count -> count.get() > LOOKS_MIN));
        over.set(true);
        for (Future<?> writer : writers) {
          writer.get(180, TimeUnit.SECONDS);
        }
        List<List<Look>> looks = new ArrayList<>();
        for (Future<List<Look>> reader : readers) {
          looks.add(reader.get(180, TimeUnit.SECONDS));
        }

        Map<String, List<LoggedTransaction>> logs = new HashMap<>();
        STORAGES.forEach(name -> logs.put(name, log(client.store(name))));
        assertThat(JointChecker.check(List.copyOf(attempts), logs, looks)).isEmpty();
        assertThat(logs.get("stock")).hasSizeGreaterThan(KILLS * COMMITS_BETWEEN);
        assertThat(looks)
            .as("looks; %s found no leader", withoutLeader.size())
            .allSatisfy(each -> assertThat(each).hasSizeGreaterThan(LOOKS_MIN));
      }
    } finally {
      over.set(true);
      threads.shutdownNow();
    }
  }

  private void awaitCommits() throws InterruptedException {
    assertThat(acknowledged.tryAcquire(COMMITS_BETWEEN, 180, TimeUnit.SECONDS))
        .as("%s commits within three minutes", COMMITS_BETWEEN)
        .isTrue();
  }

  /** The newest transaction has the same outcome for the next leader, and so have its storages. */
  private static void killLeaderAndAskTheNextOne(LocalCluster cluster, TroikaClient client)
      throws Exception {
    TransactionRecord newest = newest(client);
    TransactionId id = newest.id().orElseThrow();
    String leader = client.admin().status().leader().nodeId();
    cluster.kill(leader);

    assertThat(client.outcome(id)).isEqualTo(new Outcome.Committed(newest.tid()));
    assertThat(client.leader().nodeId()).isNotEqualTo(leader);
    for (String name : STORAGES) {
      assertThat(client.store(name).changes(newest.tid())).hasSize(1);
    }
    var unused = cluster.restart(leader);
  }

  private static TransactionRecord newest(TroikaClient client) {
    try (Stream<TransactionRecord> newest =
        client.store("stock").transactions(TransactionQuery.newestFirst())) {
      return newest.findFirst().orElseThrow();
    }
  }

  private Callable<Boolean> writer(String endpoints, int number) {
    return () -> {
      try (TroikaClient client = TroikaClient.connect(endpoints)) {
        for (int i = 0; !over.get(); i++) {
          attempt(client, number + "-" + i);
        }
      }
      return true;
    };
  }

  private void attempt(TroikaClient client, String id) {
    long tid;
    try (JointTransaction tx = client.begin(TransactionOptions.describedAs(USER, id))) {
      for (String name : STORAGES) {
        tx.in(client.store(name)).read(Oid.ROOT);
        tx.in(client.store(name)).write(Oid.ROOT, Bytes.utf8(id));
      }
      tid = tx.commit().value();
      acknowledged.release();
    } catch (ConflictException | UnavailableException e) {
      tid = JointAttempt.REFUSED;
    } catch (CommitOutcomeUnknownException e) {
      tid =
          outcome(client, e) instanceof Outcome.Committed committed
              ? committed.tid().value()
              : JointAttempt.UNKNOWN;
    }
    attempts.add(new JointAttempt(id, STORAGES, tid));
  }

  /** Asked until it is answered: there may be no leader yet. */
  private static Outcome outcome(TroikaClient client, CommitOutcomeUnknownException unknown) {
    return await()
        .ignoreExceptionsInstanceOf(UnavailableException.class)
        .until(() -> client.outcome(unknown.transaction()), answer -> true);
  }

  /** One asks the leader, which proves itself; the other any node, which has seen what it saw. */
  private Callable<List<Look>> reader(String endpoints, int number) {
    return () -> {
      Random random = new Random(number);
      List<Look> looks = new ArrayList<>();
      try (TroikaClient client =
          TroikaClient.builder()
              .endpoints(endpoints)
              .freshness(Freshness.LINEARIZABLE)
              .readPreference(number == 0 ? ReadPreference.LEADER : ReadPreference.ANY)
              .build()) {
        while (!over.get()) {
          String name = STORAGES.get(random.nextInt(STORAGES.size()));
          look(client.store(name), looks);
          lookCounts.get(number).set(looks.size());
        }
      }
      return looks;
    };
  }

  private void look(ObjectStore store, List<Look> looks) {
    try (ReadView view = store.view()) {
      Revision marker = view.find(Oid.ROOT).orElseThrow();
      boolean ours = marker.data().size() > 0; // else what the test itself has put there
      looks.add(new Look(store.name(), view.tid().value(), ours ? marker.serial().value() : 0));
    } catch (UnavailableException e) {
      withoutLeader.add(e);
    }
  }

  private static List<LoggedTransaction> log(ObjectStore store) {
    try (Stream<TransactionRecord> log =
        store.transactions(TransactionQuery.after(Tid.NONE).withObjects())) {
      return log.filter(each -> each.metadata().user().toUtf8().equals(USER))
          .map(
              each ->
                  new LoggedTransaction(
                      each.metadata().description().toUtf8(), each.tid().value(), Set.of(0L)))
          .toList();
    }
  }
}
