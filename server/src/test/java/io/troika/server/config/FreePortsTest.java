package io.troika.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FreePortsTest {
  private static final int CONNECTIONS_FROM = 32_768;
  // Below those that are given to others, so that nothing is taken from the tests beside.
  private static final int FIRST = 9_700;
  private static final int BLOCKS = 3;

  private final List<FreePorts> processes = new ArrayList<>();

  @AfterEach
  void giveBack() throws IOException {
    for (FreePorts process : processes) {
      process.close();
    }
  }

  @Test
  void take_areDifferent_andNoneThatAConnectionMayGet() throws IOException {
    List<Integer> ports = FreePorts.take(150);
    assertThat(ports).hasSize(150).doesNotHaveDuplicates();
    assertThat(ports).allMatch(port -> port >= 10_000 && port < CONNECTIONS_FROM);
    assertThat(FreePorts.take(150)).doesNotContainAnyElementsOf(ports);
  }

  @Test
  void next_leavesOutWhatIsListenedOn() throws IOException {
    FreePorts process = process();
    int following = process.next(1).get(0) + 1;
    try (ServerSocket taken = new ServerSocket(following, 1, InetAddress.getLoopbackAddress())) {
      assertThat(process.next(5)).doesNotContain(taken.getLocalPort());
    }
  }

  @Test
  void next_ofAnotherProcess_isOfOtherBlocks_untilThatEnds() throws IOException {
    FreePorts one = process();
    List<Integer> ofOne = one.next(1);
    int moreThanABlock = FreePorts.PORTS_OF_BLOCK + 20;
    assertThat(process().next(moreThanABlock)).doesNotContainAnyElementsOf(blockOf(ofOne.get(0)));

    one.close();
    assertThat(process().next(1)).isSubsetOf(blockOf(ofOne.get(0)));
  }

  @Test
  void next_moreThanThereAre_saysSo() {
    assertThatThrownBy(() -> process().next(BLOCKS * FreePorts.PORTS_OF_BLOCK))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("ports from 9700 to 9999: expected 300 that are free, found ");
  }

  private static List<Integer> blockOf(int port) {
    int first = port - port % FreePorts.PORTS_OF_BLOCK;
    return IntStream.range(first, first + FreePorts.PORTS_OF_BLOCK).boxed().toList();
  }

  private FreePorts process() {
    FreePorts process = new FreePorts(FIRST, BLOCKS);
    processes.add(process);
    return process;
  }
}
