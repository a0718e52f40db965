package io.troika.server.front.zeo;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.access.AccessControl;
import io.troika.server.config.ZeoConfig;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.StreamChecker.Asked;
import io.troika.server.front.zeo.StreamChecker.Asked.Kind;
import io.troika.server.front.zeo.session.FrontContext;
import io.troika.server.front.zeo.session.Statistics;
import io.troika.server.front.zeo.wire.Wire;
import io.troika.server.front.zeo.wire.ZeoMessage;
import io.troika.server.front.zeo.wire.ZeoMessage.Flag;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.leader.LeaderTransactions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several clients on one storage and few objects; each one's stream is checked afterwards. */
@Timeout(600)
class SessionStressTest {
  private static final int CLIENTS = 5;
  private static final int OBJECTS = 4;
  private static final int STEPS = 400;
  private static final int STEPS_APART = 20;
  private static final long MEETING_SECONDS_MAX = 240;

  private final ExecutorService threads = Executors.newFixedThreadPool(4);
  private final ExecutorService loops = Executors.newFixedThreadPool(2);
  private final ExecutorService users = Executors.newFixedThreadPool(CLIENTS);
  private final ServiceFixture node = new ServiceFixture(threads);
  private final CyclicBarrier meeting = new CyclicBarrier(CLIENTS);
  private FrontContext context;

  @BeforeEach
  void start() {
    context =
        new FrontContext(
            node.groups,
            new LeaderTransactions(
                node.service,
                node.timer,
                threads,
                address -> {
                  throw new AssertionError("nothing is at " + address);
                }),
            node.timer,
            AccessControl.OPEN,
            threads,
            ZeoConfig.DEFAULT,
            new Statistics(Instant.EPOCH));
    for (int oid = 0; oid < OBJECTS; oid++) {
      node.transactions()
          .commit(
              node.writing(ServiceFixture.write(oid, Tid.NONE, "start")), ServiceFixture.PATIENCE)
          .join();
    }
  }

  @AfterEach
  void stop() throws InterruptedException {
    users.shutdownNow();
    node.close();
    threads.shutdown();
    loops.shutdown();
    assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void streams_ofClientsThatReadAndCommit_followTheOrderRules() throws Exception {
    for (User user : run()) {
      assertThat(user.check(user.client.connection.sent())).isEmpty();
    }
  }

  /** The checker is worth something: it finds what a wrong server would do. */
  @Test
  void checker_answerSentAheadOfAnInvalidation_isFound() throws Exception {
    User user = run().get(0);
    List<ZeoMessage> sent = new ArrayList<>(user.client.connection.sent());
    int swapped = 0;
    for (int i = 1; i + 1 < sent.size(); i++) {
      boolean late =
          sent.get(i).method().equals("invalidateTransaction")
              && sent.get(i + 1).id() instanceof Long id
              && user.asked.containsKey(id);
      if (late) {
        Collections.swap(sent, i, i + 1);
        swapped++;
        i++;
      }
    }

    assertThat(swapped).isPositive();
    assertThat(user.check(sent)).isNotEmpty();
  }

  @Test
  void checker_invalidationDropped_isFound() throws Exception {
    User user = run().get(0);
    List<ZeoMessage> sent = new ArrayList<>(user.client.connection.sent());
    assertThat(sent.removeIf(message -> message.method().equals("invalidateTransaction"))).isTrue();

    assertThat(user.check(sent)).isNotEmpty();
  }

  private List<User> run() throws Exception {
    List<User> all = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      all.add(new User(i));
    }
    List<Callable<Void>> tasks = new ArrayList<>();
    all.forEach(user -> tasks.add(user::work));
    for (Future<Void> done : users.invokeAll(tasks)) {
      done.get();
    }
    all.forEach(user -> user.client.drop());
    return all;
  }

  private final class User {
    private final FakeClient client = new FakeClient(context, loops);
    private final Map<Long, Asked> asked = new HashMap<>();
    private final Random random;

    User(int seed) {
      random = new Random(seed);
    }

    List<String> check(List<ZeoMessage> sent) {
      return new StreamChecker(node.store, node.storage, asked).check(sent);
    }

    /**
     * All meet now and then: on a busy machine one would be done before another has begun, and hear
     * of nobody's changes in between.
     */
    Void work() throws InterruptedException, BrokenBarrierException, TimeoutException {
      ask(Kind.REGISTER, null, "register", "main", false);
      for (int step = 0; step < STEPS; step++) {
        if (step % STEPS_APART == 0) {
          meeting.await(MEETING_SECONDS_MAX, TimeUnit.SECONDS);
        }
        long oid = random.nextInt(OBJECTS);
        switch (random.nextInt(6)) {
          case 0 -> ask(Kind.LAST_TRANSACTION, null, "lastTransaction");
          case 1 -> ask(Kind.INVALIDATIONS, null, "getInvalidations", Wire.bytes(Tid.NONE));
          case 2 -> loadSeveral();
          default -> commit(oid, FakeClient.tid(FakeClient.list(load(oid).args()).get(1)), step);
        }
      }
      return null;
    }

    private ZeoMessage ask(Kind kind, @Nullable Oid oid, String method, Object... args)
        throws InterruptedException {
      return client.connection.await(send(kind, oid, method, args));
    }

    private long send(Kind kind, @Nullable Oid oid, String method, Object... args) {
      asked.put(client.nextId(), new Asked(kind, oid));
      return client.call(method, args);
    }

    private ZeoMessage load(long oid) throws InterruptedException {
      return ask(
          Kind.LOAD_CURRENT, new Oid(oid), "loadBefore", FakeClient.oid(oid), Wire.bytes(Tid.MAX));
    }

    /** Without waiting in between, as a prefetch does. */
    private void loadSeveral() throws InterruptedException {
      List<Long> ids = new ArrayList<>();
      for (long oid = 0; oid < OBJECTS; oid++) {
        ids.add(
            send(
                Kind.LOAD_CURRENT,
                new Oid(oid),
                "loadBefore",
                FakeClient.oid(oid),
                Wire.bytes(Tid.MAX)));
      }
      for (long id : ids) {
        var unused = client.connection.await(id);
      }
    }

    private void commit(long oid, Tid serial, int step) throws InterruptedException {
      long number = client.begin();
      client.store(number, oid, serial, "step " + step);
      ZeoMessage vote = client.connection.await(client.call("vote", number));
      if (vote.flag() == Flag.RESULT && FakeClient.list(vote.args()).isEmpty()) {
        var unused = ask(Kind.FINISH, null, "tpc_finish", number);
      } else {
        var unused = client.connection.await(client.call("tpc_abort", number));
      }
    }
  }
}
