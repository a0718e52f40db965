package io.troika.server.cli.processes;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.cli.TroikaCommand;
import org.junit.jupiter.api.Test;

class NodeProcessesTest {
  /** It is named by a text, which nothing else holds against the class. */
  @Test
  void mainClass_isThatOfTheTool() {
    assertThat(NodeProcesses.MAIN_CLASS).isEqualTo(TroikaCommand.class.getName());
  }
}
