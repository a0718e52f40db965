package io.troika.server.backup;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.backup.Manifest.Chain;
import io.troika.server.backup.Manifest.Point;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.model.Tid;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A backup that an earlier version wrote must be readable for as long as somebody may keep it. What
 * is in {@code v1} was made by {@link ExampleBackup} when that was the format, and never changes.
 */
class OldBackupTest {
  @Test
  void version1_isReadWholeAndAsItWasWritten() throws IOException, URISyntaxException {
    Path directory = Path.of(requireNonNull(OldBackupTest.class.getResource("v1")).toURI());
    List<RestoredTransaction> written = ExampleBackup.transactions(11, 1, 12);

    BackupCheck.Result result = BackupCheck.run(directory, BackupCheck.Progress.NONE);

    assertThat(result.damages()).isEmpty();
    assertThat(result.segments()).isEqualTo(2);
    assertThat(ExampleBackup.readAll(directory, Tid.MAX)).isEqualTo(written);
    Chain chain = requireNonNull(BackupDirectory.read(directory).lastChain());
    assertThat(chain.points())
        .containsExactly(new Point(ExampleBackup.NOON, ExampleBackup.tid(12), Tid.NONE));
  }
}
