package io.troika.server.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** What people and scripts read, against files that a reviewer can read too. */
public final class GoldenOutput {
  private GoldenOutput() {}

  /** The lines are those of a file in {@code golden/cli}. */
  public static void assertGolden(String name, List<String> lines) throws IOException {
    try (InputStream golden = GoldenOutput.class.getResourceAsStream("/golden/cli/" + name)) {
      assertThat(golden).as("golden/cli/%s", name).isNotNull();
      assertThat(String.join("\n", lines) + "\n")
          .isEqualTo(new String(golden.readAllBytes(), UTF_8));
    }
  }
}
