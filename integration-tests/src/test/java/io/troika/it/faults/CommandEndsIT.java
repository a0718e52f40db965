package io.troika.it.faults;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.client.Bytes;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.TroikaClient;
import io.troika.client.TroikaException;
import io.troika.it.cluster.ChildProcesses;
import io.troika.it.cluster.PatientClient;
import io.troika.server.config.FreePorts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How commands that run nodes end, and what they leave behind; a node nobody listens to. */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class CommandEndsIT {
  private static final Duration READY = Duration.ofMinutes(3);
  private static final Duration SOON = Duration.ofSeconds(90);

  /** Linux holds 64 KiB for a reader, in pages. */
  private static final int PIPE_FULL = 60 << 10;

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({"INT", "TERM"})
  void dev_signalled_endsWithZeroAndLeavesNoNode(String signal) throws Exception {
    Path ready = directory.resolve("ready");
    Process dev =
        troika(
            "dev",
            "--processes",
            "--ports",
            "0",
            "--data",
            directory.resolve("data").toString(),
            "--ready-file",
            ready.toString());
    try {
      await().atMost(READY).until(() -> Files.exists(ready) || !dev.isAlive());
      List<ProcessHandle> nodes = dev.descendants().toList();
      assertThat(nodes).hasSize(3);

      signal(signal, dev.pid());

      assertThat(dev.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(dev.exitValue()).isZero();
      assertThat(nodes).noneMatch(ProcessHandle::isAlive);
    } finally {
      end(dev);
    }
  }

  @Test
  void dev_portIsTaken_saysWhichAndLeavesNoDirectory() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String base = Integer.toString(taken.getLocalPort() - 1);
      Process dev = start(List.of("-Djava.io.tmpdir=" + directory), "dev", "--ports", base);
      try {
        assertThat(dev.waitFor(READY.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(dev.exitValue()).isOne();
        assertThat(dev.errorReader(UTF_8).lines())
            .anyMatch(line -> line.contains("127.0.0.1:" + taken.getLocalPort()));
        assertThat(directory).isDirectoryNotContaining("glob:**/troika-dev-*");
      } finally {
        end(dev);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143"})
  void demo_signalledWhileItRuns_leavesNoNodeAndNoDirectory(String signal, int code)
      throws Exception {
    Process demo = troika("demo");
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(demo.getInputStream(), UTF_8))) {
      Path data = null;
      String line = out.readLine();
      while (line != null && !line.contains("Loading")) {
        int at = line.indexOf(" in /");
        data = at < 0 ? data : Path.of(line.substring(at + 4));
        line = out.readLine();
      }
      List<ProcessHandle> nodes = demo.descendants().toList();
      assertThat(nodes).hasSize(3);
      assertThat(data).isDirectory();

      signal(signal, demo.pid());

      assertThat(demo.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(demo.exitValue()).isEqualTo(code);
      assertThat(nodes).noneMatch(ProcessHandle::isAlive);
      assertThat(data).doesNotExist();
    } finally {
      end(demo);
    }
  }

  /** "Leader blocked by logging": the other end of its standard error is open and never read. */
  @Test
  void serve_nobodyReadsStandardError_goesOnServingAndStops() throws Exception {
    List<Integer> ports = FreePorts.take(3);
    Path config = directory.resolve("troika.conf");
    Files.writeString(
        config,
        """
        node-id = n1
        data-directory = "%s"
        members { n1 { raft = "127.0.0.1:%s", peer = "127.0.0.1:%s", client = "127.0.0.1:%s" } }
        raft.snapshot-entries = 1
        """
            .formatted(directory.resolve("data"), ports.get(0), ports.get(1), ports.get(2)));
    Process node = troika("serve", "--config", config.toString());
    Process filler = null;
    try (TroikaClient client = PatientClient.connect("127.0.0.1:" + ports.get(2))) {
      ObjectStore store = client.store("main");
      Oid oid =
          await()
              .atMost(READY)
              .ignoreExceptionsInstanceOf(TroikaException.class)
              .until(
                  () -> store.run(transaction -> transaction.create(Bytes.wrap(new byte[1]))),
                  Objects::nonNull);
      // More than any pipe holds: this one hangs, and so would the node at its next line.
      filler =
          new ProcessBuilder("sh", "-c", "yes > /proc/" + node.pid() + "/fd/2")
              .redirectErrorStream(true)
              .start();
      await().atMost(SOON).until(() -> node.getErrorStream().available() > PIPE_FULL);

      for (int i = 0; i < 200; i++) {
        byte[] next = {(byte) i};
        store.execute(transaction -> transaction.write(oid, Bytes.wrap(next)));
      }

      signal("TERM", node.pid());
      assertThat(node.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(node.exitValue()).isZero();
    } finally {
      if (filler != null) {
        end(filler);
      }
      end(node);
    }
  }

  private static Process troika(String... arguments) throws IOException {
    return start(List.of(), arguments);
  }

  private static Process start(List<String> options, String... arguments) throws IOException {
    List<String> all =
        new ArrayList<>(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    all.addAll(options);
    List<String> command =
        ChildProcesses.java(all, io.troika.server.cli.TroikaCommand.class, List.of(arguments));
    return new ProcessBuilder(command).start();
  }

  private static void signal(String name, long pid) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start();
    assertThat(kill.waitFor()).isZero();
  }

  private static void end(Process process) throws InterruptedException {
    List<ProcessHandle> all = process.descendants().toList();
    process.destroyForcibly().waitFor();
    all.forEach(ProcessHandle::destroyForcibly);
  }
}
