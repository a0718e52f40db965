package io.troika.server.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.Bytes;
import io.troika.client.ClusterStatus;
import io.troika.client.GroupStatus;
import io.troika.client.HistoryEntry;
import io.troika.client.Job;
import io.troika.client.LeaderInfo;
import io.troika.client.NodeStatus;
import io.troika.client.NodeStatus.Role;
import io.troika.client.PackStatus;
import io.troika.client.PackStatus.Phase;
import io.troika.client.StorageInfo;
import io.troika.client.Tid;
import io.troika.client.TransactionMetadata;
import io.troika.client.TransactionRecord;
import io.troika.client.UnavailableException;
import io.troika.client.VerifyReport;
import io.troika.client.VerifyReport.Replica;
import io.troika.server.cli.cluster.StatusCommand;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.cli.options.OutputOption;
import io.troika.server.cli.output.GroupText;
import io.troika.server.cli.output.StatusText;
import io.troika.server.cli.serve.ReadyFile;
import io.troika.server.cli.storages.HistoryCommand;
import io.troika.server.cli.storages.LogCommand;
import io.troika.server.cli.storages.PackCommand;
import io.troika.server.cli.storages.VerifyCommand;
import io.troika.server.node.ClusterLayout;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What people and scripts read, against files that a reviewer can read too. */
class CommandOutputTest {
  private static final Tid TID = Tid.parse("0x040d3ee42c5d7e91");
  private static final StorageInfo MAIN =
      new StorageInfo(
          "main",
          new UUID(1, 2),
          1,
          TID,
          Tid.NONE,
          7_012,
          71,
          17_825_792,
          "g0",
          1 << 20,
          OptionalLong.of(20 << 20));
  private static final StorageInfo EMPTY =
      new StorageInfo(
          "a", new UUID(3, 4), 2, Tid.NONE, Tid.NONE, 0, 0, 0, "g0", 0, OptionalLong.empty());
  private static final Instant BEGAN = Instant.parse("2026-11-25T04:52:10Z");
  private static final Job RUNNING =
      new Job(
          "a",
          "backup",
          "main",
          "ops@db1",
          Job.State.RUNNING,
          BEGAN,
          Optional.empty(),
          "reading",
          1_200,
          4_800,
          "transactions",
          "");
  private static final Job ENDED =
      new Job(
          "b",
          "pack",
          "a",
          "",
          Job.State.SUCCEEDED,
          BEGAN,
          Optional.of(BEGAN.plusSeconds(61)),
          "done",
          100,
          100,
          "%",
          "removed 3 revisions");
  private static final ClusterStatus STATUS =
      new ClusterStatus(
          "n2",
          new LeaderInfo(3, "n1", "127.0.0.1:7401"),
          List.of(
              node("n1", Role.LEADER, true, 4_711, 0, 52_428_800),
              node("n2", Role.FOLLOWER, true, 4_700, 11, 1_023),
              node("n3", Role.UNKNOWN, false, -1, -1, -1)),
          List.of(MAIN, EMPTY),
          "0.1.0",
          List.of(RUNNING, ENDED));

  private static NodeStatus node(
      String id, Role role, boolean reachable, long index, long lag, long disk) {
    String number = id.substring(1);
    return new NodeStatus(
        id,
        "127.0.0.1:740" + number,
        "127.0.0.1:741" + number,
        reachable,
        role,
        reachable ? 3 : -1,
        index,
        index,
        reachable ? 4_000 : -1,
        lag,
        disk);
  }

  @Test
  void status_asText() throws IOException {
    assertGolden("status.txt", StatusText.lines(STATUS));
  }

  @Test
  void status_asJson() throws IOException {
    assertGolden("status.json", List.of(OutputOption.toJson(StatusText.json(STATUS))));
  }

  @Test
  void status_ofSeveralGroups_namesThemAndWhereStoragesAre() throws IOException {
    GroupStatus second =
        new GroupStatus(
            "g1",
            new LeaderInfo(2, "n2", "127.0.0.1:7402", "g1"),
            List.of(
                node("n1", Role.FOLLOWER, true, 90, 10, 1_023),
                node("n2", Role.LEADER, true, 100, 0, 1_023)));
    StorageInfo away =
        new StorageInfo(
            "away",
            EMPTY.uuid(),
            EMPTY.epoch(),
            EMPTY.lastTid(),
            EMPTY.packTid(),
            EMPTY.objectCount(),
            EMPTY.transactionCount(),
            EMPTY.dataBytes(),
            "g1",
            EMPTY.blobBytes(),
            EMPTY.quotaBytes());
    ClusterStatus status =
        new ClusterStatus(
            "n2",
            STATUS.leader(),
            STATUS.nodes(),
            List.of(MAIN, away),
            "0.1.0",
            List.of(),
            List.of(second));

    assertGolden("status-groups.txt", StatusText.lines(status));
    assertGolden("groups.json", List.of(OutputOption.toJson(GroupText.othersJson(status))));
  }

  @Test
  void status_withoutLeader_saysSo() {
    ClusterStatus status =
        new ClusterStatus("n2", LeaderInfo.NONE, STATUS.nodes(), List.of(), "0.1.0", List.of());

    assertThat(StatusText.lines(status).get(0)).startsWith("No leader, says n2");
    assertThat(StatusText.isWhole(status)).isFalse();
  }

  /** As the first of the endpoints does that was removed from the group, or is cut off. */
  @Test
  void status_ofANodeThatKnowsNoLeader_isThatOfAnotherOneThatDoes() {
    ClusterStatus cutOff =
        new ClusterStatus("n2", LeaderInfo.NONE, STATUS.nodes(), List.of(), "0.1.0", List.of());
    List<String> asked = new ArrayList<>();

    assertThat(
            StatusCommand.ask(
                cutOff,
                address -> {
                  asked.add(address);
                  return STATUS;
                }))
        .isSameAs(STATUS);
    assertThat(asked).containsExactly("127.0.0.1:7401");
    assertThat(StatusCommand.ask(cutOff, none -> cutOff)).isSameAs(cutOff);
    assertThat(
            StatusCommand.ask(
                cutOff,
                address -> {
                  throw new UnavailableException("no answer from " + address, null);
                }))
        .isSameAs(cutOff);
  }

  @Test
  void status_ofAFollower_isThatOfTheLeaderWhichKnowsTheJobs() {
    ClusterStatus ofLeader =
        new ClusterStatus(
            "n1", STATUS.leader(), STATUS.nodes(), List.of(), "0.1.0", List.of(RUNNING));

    assertThat(StatusCommand.ask(STATUS, Map.of("127.0.0.1:7401", ofLeader)::get))
        .isSameAs(ofLeader);
    assertThat(StatusCommand.ask(ofLeader, none -> STATUS)).isSameAs(ofLeader);
    assertThat(
            StatusCommand.ask(
                STATUS,
                address -> {
                  throw new UnavailableException("no answer from " + address, null);
                }))
        .isSameAs(STATUS);
  }

  @Test
  void verify_asText() throws IOException {
    Bytes digest = Bytes.utf8("0123456789abcdef0123456789abcdef");
    VerifyReport report =
        new VerifyReport(
            false,
            TID,
            List.of(
                new Replica("n1", digest, ""),
                new Replica("n2", Bytes.utf8("0123456789abcdef0123456789abcdeF"), ""),
                new Replica("n3", Bytes.EMPTY, "connection refused")));

    assertGolden("verify.txt", VerifyCommand.lines(report));
    assertThat(VerifyCommand.exitCode(report)).isEqualTo(ExitCodes.NOT_VERIFIED);
  }

  @Test
  void verify_replicaWithoutAnswer_isNotADifference() {
    VerifyReport report =
        new VerifyReport(
            false,
            TID,
            List.of(
                new Replica("n1", Bytes.utf8("d"), ""), new Replica("n2", Bytes.EMPTY, "gone")));

    assertThat(VerifyCommand.exitCode(report)).isEqualTo(ExitCodes.UNAVAILABLE);
  }

  @Test
  void pack_asText() throws IOException {
    PackStatus done = new PackStatus(TID, Phase.DONE, true, "", 200_000, 31, 1_999, 51_200_000, 0);
    PackStatus givenUp =
        new PackStatus(
            TID,
            Phase.DONE,
            false,
            "the references of oid 0x2a at 0x40d3ee42c5d7e91 cannot be read: it is empty",
            7,
            0,
            3,
            1_000,
            0);

    assertGolden("pack.txt", PackCommand.lines(done));
    assertGolden("pack-problem.txt", PackCommand.lines(givenUp));
  }

  @Test
  void pack_percent_neverGoesBack() {
    List<Integer> percents =
        List.of(
            percent(Phase.REVISIONS, 0),
            percent(Phase.REVISIONS, 0.5),
            percent(Phase.REVISIONS, 1),
            percent(Phase.GARBAGE, 0),
            percent(Phase.TRANSACTIONS, 0),
            percent(Phase.DONE, 0));

    assertThat(percents).isSorted().startsWith(0).endsWith(100);
  }

  private static int percent(Phase phase, double progress) {
    return PackCommand.percent(new PackStatus(TID, phase, true, "", 0, 0, 0, 0, progress));
  }

  @Test
  void log_asText() throws IOException {
    TransactionMetadata metadata =
        TransactionMetadata.of(
            "zoe", "a\u001b[2Jline\nand a description that is longer than a line");
    assertGolden(
        "log.txt",
        LogCommand.lines(
            List.of(
                new TransactionRecord(TID, 0x20, metadata, List.of(), 100, 2_048, Optional.empty()),
                new TransactionRecord(
                    Tid.parse("0x040d3ee400000000"),
                    0x20,
                    TransactionMetadata.EMPTY,
                    List.of(),
                    1,
                    7,
                    Optional.empty()))));
  }

  @Test
  void history_asText() throws IOException {
    assertGolden(
        "history.txt",
        HistoryCommand.lines(
            List.of(
                new HistoryEntry(TID, TransactionMetadata.of("zoe", "gone"), 0, true),
                new HistoryEntry(
                    Tid.parse("0x040d3ee400000000"), TransactionMetadata.EMPTY, 256, false))));
  }

  @Test
  void readyFile_hasIdsPidsAndAddresses() throws IOException {
    ClusterLayout layout = ClusterLayout.onPorts(Path.of("/d"), 3, 7_400);

    assertGolden("ready.json", List.of(OutputOption.toJson(ReadyFile.json(layout, id -> 4_711L))));
  }

  private static void assertGolden(String name, List<String> lines) throws IOException {
    try (InputStream golden = CommandOutputTest.class.getResourceAsStream("/golden/cli/" + name)) {
      assertThat(golden).as("golden/cli/%s", name).isNotNull();
      assertThat(String.join("\n", lines) + "\n")
          .isEqualTo(new String(golden.readAllBytes(), UTF_8));
    }
  }
}
