package io.troika.it.network;

import io.troika.it.cluster.Hosts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Hosts {@code n1}, {@code n2}, …, each in a network namespace of its own, and the clients' host,
 * on which this process is; a bridge joins them. A link that is cut drops what is sent that way
 * without a word, as a lost cable or a firewall does: its sender goes on with the address of an
 * interface that does not exist. A link can also be slow, or lose some of what is sent. To be made
 * in a process of {@link OwnNetwork}. Not thread-safe.
 */
public final class Links implements Hosts {
  /** The host of this process. */
  public static final String CLIENTS = "clients";

  private static final String NETWORK = "198.18.0."; // for tests of networks, RFC 2544
  private static final String NOWHERE = "02:00:00:00:00:01";
  private static final long COMMAND_SECONDS_MAX = 60;

  /** What waits before a slow link, which drops what comes then: as long as with many a router. */
  private static final int QUEUE_PER_SECOND = 5;

  private static final int QUEUE_BYTES_MIN = 32 << 10;

  private final int size;
  private final Set<List<String>> repairs = new LinkedHashSet<>();

  private Links(int size) {
    this.size = size;
  }

  /** Makes the hosts n1 to n{@code size}. */
  public static Links make(int size) throws IOException, InterruptedException {
    Links links = new Links(size);
    ip("link", "set", "br0", "up");
    ip("addr", "add", links.address(CLIENTS) + "/24", "dev", "br0");
    for (String node : links.nodes()) {
      ip("netns", "add", node);
      ip("link", "add", "to-" + node, "type", "veth", "peer", "name", "eth0", "netns", node);
      ip("link", "set", "to-" + node, "master", "br0", "up");
      ip("-n", node, "addr", "add", links.address(node) + "/24", "dev", "eth0");
      ip("-n", node, "link", "set", "eth0", "up");
      ip("-n", node, "link", "set", "lo", "up");
    }
    return links;
  }

  private List<String> nodes() {
    List<String> nodes = new ArrayList<>();
    for (int number = 1; number <= size; number++) {
      nodes.add("n" + number);
    }
    return nodes;
  }

  @Override
  public String address(String host) {
    return NETWORK + (host.equals(CLIENTS) ? 1 : 10 + Integer.parseInt(host.substring(1)));
  }

  @Override
  public List<String> prefix(String node) {
    return List.of("ip", "netns", "exec", node);
  }

  /** From now on nothing that {@code from} sends reaches {@code to}; the other way is as it was. */
  public void cut(String from, String to) throws IOException, InterruptedException {
    List<String> neighbour = List.of(address(to), "dev", from.equals(CLIENTS) ? "br0" : "eth0");
    run(at(from, "replace", neighbour, "lladdr", NOWHERE, "nud", "permanent"));
    repairs.add(at(from, "del", neighbour));
  }

  private static List<String> at(String host, String verb, List<String> neighbour, String... more) {
    List<String> command = new ArrayList<>(List.of("ip"));
    if (!host.equals(CLIENTS)) {
      command.addAll(List.of("-n", host));
    }
    command.addAll(List.of("neigh", verb));
    command.addAll(neighbour);
    command.addAll(List.of(more));
    return command;
  }

  /** Cuts both ways. */
  public void cutBothWays(String one, String other) throws IOException, InterruptedException {
    cut(one, other);
    cut(other, one);
  }

  /** From now on that many bytes a second go from the node, and to it, at the most. */
  public void slow(String node, int bytesPerSecond) throws IOException, InterruptedException {
    int queueBytes = Math.max(QUEUE_BYTES_MIN, bytesPerSecond / QUEUE_PER_SECOND);
    for (List<String> end : List.of(List.of("tc"), List.of("ip", "netns", "exec", node, "tc"))) {
      String device = end.size() == 1 ? "to-" + node : "eth0";
      run(
          with(
              end,
              "qdisc replace dev %s root tbf rate %dbps burst 16kb limit %d"
                  .formatted(device, bytesPerSecond, queueBytes)));
      repairs.add(with(end, "qdisc del dev %s root".formatted(device)));
    }
  }

  /** From now on so much of what the node sends, and of what is sent to it, is lost. */
  public void lose(String node, double part) throws IOException, InterruptedException {
    List<String> there = List.of("ip", "netns", "exec", node, "iptables");
    for (String way : List.of("INPUT -i eth0", "OUTPUT -o eth0")) {
      String rule = "%s -m statistic --mode random --probability %s -j DROP".formatted(way, part);
      run(with(there, "-A " + rule));
      repairs.add(with(there, "-D " + rule));
    }
  }

  private static List<String> with(List<String> command, String arguments) {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of(arguments.split(" ", -1)));
    return all;
  }

  /** All links are as at first. */
  public void heal() throws IOException, InterruptedException {
    for (List<String> command : repairs) {
      run(command);
    }
    repairs.clear();
  }

  private static void ip(String... arguments) throws IOException, InterruptedException {
    run(with(List.of("ip"), String.join(" ", arguments)));
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).inheritIO().start();
    if (!process.waitFor(COMMAND_SECONDS_MAX, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException(String.join(" ", command) + " failed");
    }
  }
}
