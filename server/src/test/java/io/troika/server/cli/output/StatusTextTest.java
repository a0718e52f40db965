package io.troika.server.cli.output;

import static io.troika.server.cli.GoldenOutput.assertGolden;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.ClusterStatus;
import io.troika.client.GroupStatus;
import io.troika.client.Job;
import io.troika.client.LeaderInfo;
import io.troika.client.NodeStatus;
import io.troika.client.NodeStatus.Role;
import io.troika.client.StorageInfo;
import io.troika.client.Tid;
import io.troika.server.cli.options.OutputOption;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What {@code status} prints. */
class StatusTextTest {
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
            List.of(second),
            "00000000-0000-0001-0000-000000000002");

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
}
