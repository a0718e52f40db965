package io.troika.it.bench;

import io.troika.client.Bytes;
import io.troika.client.ObjectStore;
import io.troika.client.TroikaClient;
import io.troika.it.cluster.NodeProcess;
import io.troika.it.cluster.ProcessMemory;
import io.troika.it.workload.SteadyWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * A blob, and a transaction of objects of 1 MiB, of {@code bench.megabytes} each: what a client
 * that commits small objects all the time notices of them, beside the same client alone just
 * before; and how much more memory each node takes. Settings as for {@link CommitBenchmark}.
 */
public final class BulkBenchmark {
  private static final int MIB = 1 << 20;
  private static final int ALONE_SECONDS = 10;

  private final TroikaTarget target;
  private final ObjectStore store;
  private final SteadyWriter writer;
  private final int megabytes;

  private BulkBenchmark(
      TroikaTarget target, ObjectStore store, SteadyWriter writer, int megabytes) {
    this.target = target;
    this.store = store;
    this.writer = writer;
    this.megabytes = megabytes;
  }

  /** What is stored while the other client commits. */
  private interface Work {
    void run() throws IOException;
  }

  public static void main(String[] arguments) throws Exception {
    Path directory = BenchDirectory.create();
    int bytes = Integer.getInteger("bench.bytes", 256);
    try (TroikaTarget target = TroikaTarget.start(directory, bytes);
        TroikaClient small = TroikaClient.connect(target.cluster().endpoints());
        TroikaClient large =
            TroikaClient.builder()
                .endpoints(target.cluster().endpoints())
                .cacheBytesMax(0)
                .build();
        SteadyWriter writer =
            new SteadyWriter(small.store("main"), Bytes.wrap(Payload.ofBytes(bytes)))) {
      BulkBenchmark benchmark =
          new BulkBenchmark(
              target, large.store("main"), writer, Integer.getInteger("bench.megabytes", 256));
      TimeUnit.SECONDS.sleep(Integer.getInteger("bench.warmup", 60));
      for (int round = 1; round <= Integer.getInteger("bench.rounds", 3); round++) {
        benchmark.measure(round, "blob", benchmark::storeBlob);
        benchmark.measure(round, "transaction", benchmark::storeObjects);
      }
    }
  }

  private void measure(int round, String what, Work work) throws Exception {
    var unused = writer.takeToEnd();
    TimeUnit.SECONDS.sleep(ALONE_SECONDS);
    List<Long> alone = writer.takeToEnd();
    List<Long> memoryBefore = residentMegabytes();
    long begin = System.nanoTime();
    work.run();
    double seconds = (System.nanoTime() - begin) / 1e9;
    List<Long> beside = writer.takeToEnd();
    System.out.printf(
        Locale.ROOT,
        "round %d, %s of %d MiB: %.1f s, %.1f MiB/s; small commits alone: %s; beside it: %s;"
            + " p99 %.1f times; nodes resident (MiB) %s before, %s after, at most %s%n",
        round,
        what,
        megabytes,
        seconds,
        megabytes / seconds,
        SteadyWriter.describe(alone),
        SteadyWriter.describe(beside),
        SteadyWriter.millis(beside, 0.99) / SteadyWriter.millis(alone, 0.99),
        memoryBefore,
        residentMegabytes(),
        peakMegabytes());
  }

  private void storeBlob() {
    store.execute(
        transaction -> {
          var unused = transaction.createBlob(Bytes.EMPTY, new RandomStream(1L * megabytes * MIB));
        });
  }

  private void storeObjects() {
    byte[] bytes = Payload.ofBytes(MIB);
    store.execute(
        transaction -> {
          for (int i = 0; i < megabytes; i++) {
            byte[] own = bytes.clone(); // what is one and the same would be sent once
            ByteBuffer.wrap(own).putInt(i);
            var unused = transaction.create(Bytes.wrap(own));
          }
        });
  }

  private List<Long> residentMegabytes() throws IOException {
    List<Long> found = new ArrayList<>();
    for (NodeProcess node : target.cluster().nodes()) {
      found.add(ProcessMemory.residentBytes(node.pid()) / MIB);
    }
    return found;
  }

  private List<Long> peakMegabytes() throws IOException {
    List<Long> found = new ArrayList<>();
    for (NodeProcess node : target.cluster().nodes()) {
      found.add(ProcessMemory.peakBytes(node.pid()) / MIB);
    }
    return found;
  }

  /** Bytes that can't be compressed, as many as wanted. */
  private static final class RandomStream extends InputStream {
    private final byte[] block = Payload.ofBytes(MIB);
    private long left;

    RandomStream(long length) {
      this.left = length;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      if (left == 0) {
        return -1;
      }
      int taken = (int) Math.min(Math.min(length, block.length), left);
      System.arraycopy(block, 0, target, offset, taken);
      left -= taken;
      return taken;
    }
  }
}
