package io.troika.server.core.scenario;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs every transcript of {@code scenarios/}. After a wanted change of behaviour, run with {@code
 * -Dtroika.scenarios.rewrite=true}, which writes the answers into the files, and read the diff.
 */
final class ScenarioTest {
  private static final Path SCENARIOS = Path.of("src", "test", "resources", "scenarios");

  static List<Path> scenarios() throws IOException {
    try (Stream<Path> files = Files.list(SCENARIOS)) {
      return files.filter(file -> file.toString().endsWith(".txt")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("scenarios")
  void scenario_run_answersAsWritten(Path file) throws IOException {
    String written = Files.readString(file, UTF_8);
    String answered = Scenario.run(written);
    if (Boolean.getBoolean("troika.scenarios.rewrite")) {
      Files.writeString(file, answered, UTF_8);
    } else {
      assertThat(answered).as("transcript %s", file.getFileName()).isEqualTo(written);
    }
  }

  @Test
  void scenario_wrongAnswerWritten_isNoticed() {
    String wrong = "create main\n----\ncreated storage 2\n";

    assertThat(Scenario.run(wrong)).isEqualTo("create main\n----\ncreated storage 1\n");
  }
}
