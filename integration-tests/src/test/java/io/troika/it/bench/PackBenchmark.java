package io.troika.it.bench;

import io.troika.client.Bytes;
import io.troika.client.Freshness;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.PackStatus;
import io.troika.client.PackStatus.Phase;
import io.troika.client.Tid;
import io.troika.client.TransactionOptions;
import io.troika.client.TroikaClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;

/**
 * A pack of 200,000 revisions, and what a client that commits all the time notices of it: the
 * longest commits during the pack beside the longest of the same client before it. Settings as for
 * {@link CommitBenchmark}, and {@code bench.revisions}.
 */
public final class PackBenchmark {
  private static final int OBJECTS = 2_000;
  private static final int OBJECTS_PER_TRANSACTION = 100;
  private static final int LONGEST = 8;
  // What the last commit answered is enough to begin the next from: no round trip for that.
  private static final TransactionOptions SESSION =
      TransactionOptions.DEFAULT.withFreshness(Freshness.SESSION);

  /** A commit: when it began after the beginning of its part, and how long it took. */
  private record Commit(long atNanos, long nanos) {
    static final Comparator<Commit> LONGEST_FIRST =
        Comparator.comparingLong(Commit::nanos).reversed();
  }

  private final TroikaClient client;
  private final ObjectStore store;
  private final Bytes data;

  private PackBenchmark(TroikaClient client, int bytes) {
    this.client = client;
    this.store = client.store("main");
    this.data = Bytes.copyOf(Payload.ofBytes(bytes));
  }

  public static void main(String[] arguments) throws IOException {
    Path directory = BenchDirectory.create();
    int bytes = Integer.getInteger("bench.bytes", 256);
    try (TroikaTarget target = TroikaTarget.start(directory, bytes);
        TroikaClient client =
            TroikaClient.builder().endpoints(target.cluster().endpoints()).build()) {
      PackBenchmark benchmark = new PackBenchmark(client, bytes);
      Duration warmUp = Duration.ofSeconds(Integer.getInteger("bench.warmup", 60));
      long warm = System.nanoTime() + warmUp.toNanos();
      print("warming up", benchmark.commitWhile(() -> System.nanoTime() < warm));
      for (int round = 1; round <= Integer.getInteger("bench.rounds", 3); round++) {
        benchmark.round(round, Integer.getInteger("bench.revisions", 200_000));
      }
    }
  }

  private void round(int round, int revisions) {
    fill(revisions);
    long quiet = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    print("round %d, before".formatted(round), commitWhile(() -> System.nanoTime() < quiet));
    long begin = System.nanoTime();
    var unused = client.admin().pack("main", Tid.MAX, false);
    List<Commit> during = commitWhile(this::isPacking);
    double seconds = (System.nanoTime() - begin) / 1e9;
    long removed = client.admin().packStatus("main").map(PackStatus::revisionsRemoved).orElse(0L);
    System.out.printf(
        Locale.ROOT, "round %d: pack of %d revisions took %.1f s%n", round, removed, seconds);
    print("round %d, during".formatted(round), during);
  }

  private void fill(int revisions) {
    List<Oid> oids = new ArrayList<>();
    while (oids.size() < OBJECTS) {
      store.execute(
          transaction -> {
            for (int i = 0; i < OBJECTS_PER_TRANSACTION; i++) {
              oids.add(transaction.create(data));
            }
          });
    }
    for (int i = OBJECTS; i < revisions; i += OBJECTS_PER_TRANSACTION) {
      int first = i % OBJECTS;
      store.execute(
          transaction -> {
            for (Oid oid : oids.subList(first, first + OBJECTS_PER_TRANSACTION)) {
              transaction.write(oid, data);
            }
          });
    }
  }

  // Asked every 200 commits: a question is no commit, and must not be counted as one.
  private boolean isPacking() {
    return client.admin().packStatus("main").map(PackStatus::phase).orElseThrow() != Phase.DONE;
  }

  private List<Commit> commitWhile(BooleanSupplier goOn) {
    List<Commit> commits = new ArrayList<>();
    Oid oid = store.run(transaction -> transaction.create(data));
    long begin = System.nanoTime();
    while (goOn.getAsBoolean()) {
      for (int i = 0; i < 200; i++) {
        long start = System.nanoTime();
        store.execute(SESSION, transaction -> transaction.write(oid, data));
        commits.add(new Commit(start - begin, System.nanoTime() - start));
      }
    }
    return commits;
  }

  private static void print(String part, List<Commit> commits) {
    long[] sorted = commits.stream().mapToLong(Commit::nanos).sorted().toArray();
    List<String> longest =
        commits.stream()
            .sorted(Commit.LONGEST_FIRST)
            .limit(LONGEST)
            .map(c -> "%.0f at %.2f s".formatted(c.nanos() / 1e6, c.atNanos() / 1e9))
            .toList();
    System.out.printf(
        Locale.ROOT,
        "%s: %d commits, %.1f/s, p50 %.2f ms, p99 %.2f ms; longest (ms): %s%n",
        part,
        sorted.length,
        sorted.length / (Arrays.stream(sorted).sum() / 1e9),
        sorted[sorted.length / 2] / 1e6,
        sorted[sorted.length * 99 / 100] / 1e6,
        String.join(", ", longest));
  }
}
