package io.troika.server.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.ClusterStatus;
import io.troika.client.LeaderInfo;
import io.troika.client.NodeStatus;
import io.troika.client.NodeStatus.Role;
import io.troika.client.UnavailableException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Whose answer {@code status} shows. */
class StatusCommandTest {
  private static final ClusterStatus STATUS =
      status("n2", new LeaderInfo(3, "n1", "127.0.0.1:7401"));

  private static ClusterStatus status(String answering, LeaderInfo leader) {
    List<NodeStatus> nodes =
        List.of(node("n1", Role.LEADER), node("n2", Role.FOLLOWER), node("n3", Role.FOLLOWER));
    return new ClusterStatus(answering, leader, nodes, List.of(), "0.1.0", List.of());
  }

  private static NodeStatus node(String id, Role role) {
    String number = id.substring(1);
    return new NodeStatus(
        id, "127.0.0.1:740" + number, "127.0.0.1:741" + number, true, role, 3, 1, 1, 1, 0, 1);
  }

  /** As the first of the endpoints does that was removed from the group, or is cut off. */
  @Test
  void status_ofANodeThatKnowsNoLeader_isThatOfAnotherOneThatDoes() {
    ClusterStatus cutOff = status("n2", LeaderInfo.NONE);
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
    ClusterStatus ofLeader = status("n1", STATUS.leader());

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
}
