package io.troika.it.network;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.it.cluster.Prerequisite;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs a program in user, network and mount namespaces of its own: there it may make interfaces and
 * cut links, whoever started it, and all of that is gone with its last process.
 */
public final class OwnNetwork {
  /** {@code ip netns} keeps its names below /run. */
  private static final String PREPARE =
      "mount -t tmpfs tmpfs /run && ip link set lo up && ip link add br0 type bridge";

  private static final long LOOK_SECONDS_MAX = 60;

  private OwnNetwork() {}

  /** Ends the test where the kernel grants no such namespaces, or there is no iproute2. */
  public static void require() throws InterruptedException {
    require("network namespace of its own", "ip netns add look");
  }

  /** The same, and where links can't be made bad: iptables, or the kernel's part of it, or tc's. */
  public static void requireBadLinks() throws InterruptedException {
    require();
    require(
        "loss by iptables",
        "iptables -A INPUT -m statistic --mode random --probability 0.1 -j DROP");
    require("rates by tc", "tc qdisc add dev br0 root tbf rate 1mbps burst 16kb limit 32768");
  }

  private static void require(String what, String program) throws InterruptedException {
    try {
      Process look =
          new ProcessBuilder(command(List.of(program.split(" ", -1))))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (look.waitFor(LOOK_SECONDS_MAX, TimeUnit.SECONDS) && look.exitValue() == 0) {
        return;
      }
      look.destroyForcibly();
    } catch (IOException e) {
      throw Prerequisite.missing(what, e);
    }
    throw Prerequisite.missing(what, null);
  }

  /** Runs a main class there, with this JVM's settings of Troika's tests; it has to end well. */
  public static void run(Class<?> main, Path directory, long secondsMax)
      throws IOException, InterruptedException {
    List<String> java = new ArrayList<>();
    java.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    System.getProperties().stringPropertyNames().stream()
        .filter(name -> name.startsWith("troika."))
        .forEach(name -> java.add("-D" + name + "=" + System.getProperty(name)));
    java.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    java.add(directory.toString());
    Process program = new ProcessBuilder(command(java)).redirectErrorStream(true).start();
    Thread output =
        new Thread(() -> program.inputReader(UTF_8).lines().forEach(System.out::println));
    output.setDaemon(true);
    output.start();
    try {
      assertThat(program.waitFor(secondsMax, TimeUnit.SECONDS))
          .as("%s ends within %s s", main.getSimpleName(), secondsMax)
          .isTrue();
      assertThat(program.exitValue()).as("exit status of %s", main.getSimpleName()).isZero();
    } finally {
      program.destroyForcibly();
      output.join(TimeUnit.SECONDS.toMillis(LOOK_SECONDS_MAX));
    }
  }

  private static List<String> command(List<String> program) {
    List<String> command =
        new ArrayList<>(
            List.of("unshare", "-Urmn", "--kill-child", "sh", "-c", PREPARE + " && exec \"$@\""));
    command.add("sh");
    command.addAll(program);
    return command;
  }
}
