package io.troika.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.GroupChange.CreateGroup;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.GroupCatalog;
import io.troika.server.core.model.GroupInfo;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The bytes on disk and in the log are what released versions wrote, byte for byte. */
class GoldenFormatTest {

  static Stream<Arguments> commands() {
    return LogSamples.commands().entrySet().stream()
        .map(sample -> Arguments.of(sample.getKey(), sample.getValue()));
  }

  static Stream<Arguments> outcomes() {
    return LogSamples.outcomes().entrySet().stream()
        .map(sample -> Arguments.of(sample.getKey(), sample.getValue()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("commands")
  void entry_ofEachCommand_hasTheGoldenBytes(String name, Command command) throws IOException {
    LogEntry entry = LogSamples.entry(List.of(command));
    byte[] found = LogEntryCodec.encode(entry);
    byte[] golden = GoldenBytes.read("v1/command-" + name, found);

    assertThat(found).isEqualTo(golden);
    assertThat(LogEntryCodec.decode(Bytes.wrap(golden))).isEqualTo(entry);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("outcomes")
  void outcome_ofEachKind_hasTheGoldenBytes(String name, Outcome outcome) throws IOException {
    byte[] found = OutcomeCodec.encode(outcome);
    byte[] golden = GoldenBytes.read("v1/outcome-" + name, found);

    assertThat(found).isEqualTo(golden);
    assertThat(OutcomeCodec.decode(Bytes.wrap(golden))).isEqualTo(outcome);
  }

  @Test
  void outcomes_ofTheFirstKinds_haveTheGoldenBytes() throws IOException {
    // Those that there were when the file was written, which is never changed.
    List<Outcome> outcomes = LogSamples.outcomes().values().stream().limit(13).toList();
    byte[] found = OutcomeCodec.encodeAll(outcomes);
    byte[] golden = GoldenBytes.read("v1/outcomes", found);

    assertThat(found).isEqualTo(golden);
    assertThat(OutcomeCodec.decodeAll(Bytes.wrap(golden))).isEqualTo(outcomes);
  }

  /** What a database and a checkpoint keep of the groups: as long as none ended, and since. */
  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"groups", "groups-ended", "groups-of-cluster", "cluster"})
  void catalog_ofGroups_hasTheGoldenBytes(String name) throws IOException {
    CreateGroup created = (CreateGroup) LogSamples.command("create-group");
    GroupCatalog present =
        GroupCatalog.EMPTY
            .with(new GroupInfo("g1", created.uuid(), 3, created.members()))
            .with(new GroupInfo("g2", created.uuid(), 4, created.members()))
            .placed("s1", "g1");
    GroupCatalog catalog =
        switch (name) {
          case "groups-ended" -> present.without("g2");
          case "groups-of-cluster" -> present.ofCluster(new UUID(5, 6));
          case "cluster" -> GroupCatalog.EMPTY.ofCluster(new UUID(5, 6));
          default -> present;
        };
    byte[] found = GroupCodec.encode(catalog);
    byte[] golden = GoldenBytes.read("v1/" + name, found);

    assertThat(found).isEqualTo(golden);
    assertThat(GroupCodec.decode(Bytes.wrap(golden))).isEqualTo(catalog);
  }

  @Test
  void samples_coverEveryCommandAndOutcome() {
    assertThat(LogSamples.commands().values().stream().map(Object::getClass).distinct())
        .hasSize(recordsOf(Command.class));
    assertThat(LogSamples.outcomes().values().stream().map(Object::getClass).distinct())
        .hasSize(recordsOf(Outcome.class));
  }

  /** How many there are in a sealed family, those of its own families included. */
  private static int recordsOf(Class<?> family) {
    return family.isSealed()
        ? Stream.of(family.getPermittedSubclasses()).mapToInt(GoldenFormatTest::recordsOf).sum()
        : 1;
  }
}
