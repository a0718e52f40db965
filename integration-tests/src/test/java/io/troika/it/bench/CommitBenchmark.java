package io.troika.it.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Small commits on three Troika nodes, three etcd nodes and three bare Ratis peers, alternating in
 * one run on warm clusters that stay up throughout. Prints rates, latencies and the ratios within
 * each round; the median of the rounds is what to quote.
 *
 * <p>Settings, as system properties: {@code bench.warmup} seconds per system (default 60), {@code
 * bench.seconds} per figure (5), {@code bench.rounds} (3), {@code bench.bytes} (256), {@code
 * bench.clients} (1,8,64), {@code bench.systems} (troika,etcd,ratis).
 */
public final class CommitBenchmark {
  private static final List<Integer> CLIENTS =
      Stream.of(System.getProperty("bench.clients", "1,8,64").split(",", -1))
          .map(Integer::valueOf)
          .toList();
  private static final int WARM_UP_CLIENTS = 64;

  private final Map<String, List<ClosedLoop.Result>> results = new LinkedHashMap<>();
  private final List<CommitTarget> targets;

  private CommitBenchmark(List<CommitTarget> targets) {
    this.targets = targets;
  }

  public static void main(String[] arguments) throws Exception {
    Path directory = BenchDirectory.create();
    List<CommitTarget> targets = new ArrayList<>();
    try {
      start(directory, targets);
      new CommitBenchmark(targets).run();
    } finally {
      for (CommitTarget target : targets) {
        target.close();
      }
    }
  }

  private static void start(Path directory, List<CommitTarget> targets) throws Exception {
    int bytes = Integer.getInteger("bench.bytes", 256);
    List<String> systems =
        List.of(System.getProperty("bench.systems", "troika,etcd,ratis").split(",", -1));
    if (systems.contains("troika")) {
      targets.add(TroikaTarget.start(directory.resolve("troika"), bytes));
    }
    if (systems.contains("etcd")) {
      targets.add(EtcdTarget.start(directory.resolve("etcd"), bytes));
    }
    if (systems.contains("ratis")) {
      targets.add(BareRatisTarget.start(directory.resolve("ratis"), bytes));
    }
  }

  private void run() throws Exception {
    Duration warmUp = Duration.ofSeconds(Integer.getInteger("bench.warmup", 60));
    Duration time = Duration.ofSeconds(Integer.getInteger("bench.seconds", 5));
    for (CommitTarget target : targets) {
      var unused = ClosedLoop.run(target, WARM_UP_CLIENTS, warmUp);
      System.out.printf("%s is warm%n", target.name());
    }
    for (int round = 1; round <= Integer.getInteger("bench.rounds", 3); round++) {
      for (int clients : CLIENTS) {
        for (CommitTarget target : targets) {
          measure(round, clients, target, time);
        }
      }
    }
    CLIENTS.forEach(this::printRatios);
  }

  private void measure(int round, int clients, CommitTarget target, Duration time)
      throws Exception {
    target.prepare(clients);
    ClosedLoop.Result result = ClosedLoop.run(target, clients, time);
    results.computeIfAbsent(key(target, clients), key -> new ArrayList<>()).add(result);
    System.out.printf(
        Locale.ROOT,
        "round %d, %2d clients, %-10s %8.0f /s   p50 %6.2f ms   p99 %7.2f ms   max %7.2f ms%n",
        round,
        clients,
        target.name(),
        result.perSecond(),
        result.millis(50),
        result.millis(99),
        result.millis(100));
  }

  private void printRatios(int clients) {
    CommitTarget ours = targets.get(0);
    for (CommitTarget other : targets.subList(1, targets.size())) {
      List<ClosedLoop.Result> mine = results.getOrDefault(key(ours, clients), List.of());
      List<ClosedLoop.Result> theirs = results.getOrDefault(key(other, clients), List.of());
      List<Double> rates = new ArrayList<>();
      List<Double> medians = new ArrayList<>();
      List<Double> tails = new ArrayList<>();
      for (int i = 0; i < mine.size(); i++) {
        rates.add(mine.get(i).perSecond() / theirs.get(i).perSecond());
        medians.add(mine.get(i).millis(50) / theirs.get(i).millis(50));
        tails.add(mine.get(i).millis(99) / theirs.get(i).millis(99));
      }
      System.out.printf(
          Locale.ROOT,
          "%2d clients, %s / %s: rate %s, p50 %s, p99 %s%n",
          clients,
          ours.name(),
          other.name(),
          spread(rates),
          spread(medians),
          spread(tails));
    }
  }

  private static String spread(List<Double> ratios) {
    ratios.sort(Comparator.naturalOrder());
    return String.format(
        Locale.ROOT,
        "%.2f (%.2f to %.2f)",
        ratios.get(ratios.size() / 2),
        ratios.get(0),
        ratios.get(ratios.size() - 1));
  }

  private static String key(CommitTarget target, int clients) {
    return target.name() + " " + clients;
  }
}
