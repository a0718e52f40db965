package io.troika.it.bench;

import io.troika.client.Bytes;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.ReadView;
import io.troika.client.Revision;
import io.troika.client.Transaction;
import io.troika.client.TroikaClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * What an object costs that the client's cache can prove: reads of 20,000 objects of 256 bytes in
 * random order, against a live cluster of three processes whose watch keeps the cache verified.
 * Ends with an error if any read was not answered by the cache.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 6, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xmx512m", "-XX:+UseParallelGC"})
@SuppressWarnings("NullAway.Init") // fields are set by fill(), which JMH calls before all else
public class CachedReadBenchmark {
  private static final int OBJECTS = 20_000;
  private static final int OBJECTS_PER_TRANSACTION = 500;
  private static final int SIZE_BYTES = 256;

  private final Oid[] oids = new Oid[OBJECTS];
  private TroikaTarget target;
  private TroikaClient client;
  private ReadView view;
  private Transaction transaction;
  private long missesBefore;

  /** A random order of its own for each thread. */
  @State(Scope.Thread)
  public static class Order {
    private final SplittableRandom random = new SplittableRandom(7);

    int next() {
      return random.nextInt(OBJECTS);
    }
  }

  /** Runs all of it; see {@code integration-tests/bench}. */
  public static void main(String[] arguments) throws RunnerException {
    new Runner(
            new OptionsBuilder()
                .include(
                    CachedReadBenchmark.class.getSimpleName()
                        + "\\."
                        + System.getProperty("bench.only", ".*"))
                .shouldFailOnError(true)
                .build())
        .run();
  }

  @Setup(Level.Trial)
  public void fill() throws IOException {
    Path directory = BenchDirectory.create();
    target = TroikaTarget.start(directory, SIZE_BYTES);
    client = TroikaClient.connect(target.cluster().endpoints());
    ObjectStore store = client.store("main");
    Bytes data = Bytes.copyOf(Payload.ofBytes(SIZE_BYTES));
    for (int i = 0; i < OBJECTS; i += OBJECTS_PER_TRANSACTION) {
      int first = i;
      store.execute(
          tx -> {
            for (int j = 0; j < OBJECTS_PER_TRANSACTION; j++) {
              oids[first + j] = tx.create(data);
            }
          });
    }
    view = store.view();
    transaction = store.begin();
    int cached = view.readAll(List.of(oids)).size();
    if (cached != OBJECTS || transaction.readAll(List.of(oids)).size() != OBJECTS) {
      throw new IllegalStateException("not all objects are there");
    }
    missesBefore = client.store("main").cacheStatistics().misses();
  }

  @TearDown(Level.Trial)
  public void check() throws IOException {
    long misses = client.store("main").cacheStatistics().misses() - missesBefore;
    client.close();
    target.close();
    if (misses != 0) {
      throw new IllegalStateException(misses + " reads were not answered by the cache");
    }
  }

  /** The bytes of an object, in a read view. */
  @Benchmark
  public Bytes viewRead(Order order) {
    return view.read(oids[order.next()]);
  }

  /** The same by two threads that share client and view. */
  @Benchmark
  @Threads(2)
  public Bytes viewReadByTwo(Order order) {
    return view.read(oids[order.next()]);
  }

  /** The revision of an object, in a read view. */
  @Benchmark
  public Optional<Revision> viewFind(Order order) {
    return view.find(oids[order.next()]);
  }

  /** The bytes of an object, in a transaction, which notes the serial. */
  @Benchmark
  public Bytes transactionRead(Order order) {
    return transaction.read(oids[order.next()]);
  }
}
