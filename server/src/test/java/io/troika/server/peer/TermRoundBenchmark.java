package io.troika.server.peer;

import static org.awaitility.Awaitility.await;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.division.LocalRaft;
import io.troika.server.raft.leadership.TermRound;
import io.troika.server.raft.peers.Voters;
import io.troika.server.raft.threads.TaskTimer;
import io.troika.server.service.ports.Leadership;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a leadership proof costs over the real transport: three nodes in this JVM, on loopback, with
 * nothing else going on. Run its {@code main} from the test class path.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 5)
@Measurement(iterations = 3, time = 5)
@Fork(1)
@SuppressWarnings("NullAway.Init") // set by start, which NullAway does not know as an initializer
public class TermRoundBenchmark {
  private Path directory;
  private PeerNode n1;
  private PeerNode n2;
  private PeerNode n3;
  private ScheduledExecutorService timer;
  private TermRound rounds;

  @Setup
  public void start() throws IOException {
    directory = Files.createTempDirectory("term-round");
    n1 = PeerNode.start("n1", directory, PeerSettings.DEFAULT);
    n2 = PeerNode.start("n2", directory, PeerSettings.DEFAULT);
    n3 = PeerNode.start("n3", directory, PeerSettings.DEFAULT);
    n1.connectTo(n2, n3);
    timer = Executors.newSingleThreadScheduledExecutor();
    rounds =
        new TermRound(
            new Leader(), n1.transport, TaskTimer.over(timer), TermRound.Settings.DEFAULT);
    await().until(() -> n1.transport.isConnected("n2") && n1.transport.isConnected("n3"));
  }

  @TearDown
  public void stop() throws IOException {
    timer.shutdownNow();
    n1.close();
    n2.close();
    n3.close();
    CheckpointFiles.delete(directory);
  }

  @Benchmark
  public long prove() {
    return rounds.prove().join();
  }

  @Benchmark
  public long askOneVoter() {
    return n1.transport.state("n2", TermRound.Settings.DEFAULT.timeout()).join().term();
  }

  public static void main(String[] arguments) throws IOException {
    org.openjdk.jmh.Main.main(new String[] {TermRoundBenchmark.class.getName()});
  }

  /** Leads term 3 and has applied all that it committed. */
  private static final class Leader implements LocalRaft {
    private static final Voters VOTERS = Voters.of("n1", "n2", "n3");

    @Override
    public String nodeId() {
      return "n1";
    }

    @Override
    public long term() {
      return 3;
    }

    @Override
    public boolean leads(long term) {
      return term == 3;
    }

    @Override
    public boolean follows() {
      return false;
    }

    @Override
    public long committedIndex() {
      return 5;
    }

    @Override
    public long appliedIndex() {
      return 5;
    }

    @Override
    public CompletableFuture<Void> whenApplied(long index) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public LogPosition lastEntry() {
      return new LogPosition(3, 5);
    }

    @Override
    public long startedMillis() {
      return 0;
    }

    @Override
    public Voters voters() {
      return VOTERS;
    }

    @Override
    public Leadership leadership() {
      return new Leadership(3, "n1", "n1:7400", true);
    }

    @Override
    public void startElection(long term) {
      throw new UnsupportedOperationException();
    }
  }
}
