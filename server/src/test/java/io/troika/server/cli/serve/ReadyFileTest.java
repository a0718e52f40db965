package io.troika.server.cli.serve;

import static io.troika.server.cli.GoldenOutput.assertGolden;

import io.troika.server.cli.options.OutputOption;
import io.troika.server.node.ClusterLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadyFileTest {
  @Test
  void readyFile_hasIdsPidsAndAddresses() throws IOException {
    ClusterLayout layout = ClusterLayout.onPorts(Path.of("/d"), 3, 7_400);

    assertGolden("ready.json", List.of(OutputOption.toJson(ReadyFile.json(layout, id -> 4_711L))));
  }
}
