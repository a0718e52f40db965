package io.troika.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.client.fake.FakeCluster;
import io.troika.client.fake.Fault;
import java.io.IOException;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What operators ask for. */
final class ClusterAdminTest {
  private FakeCluster cluster;
  private TroikaClient client;
  private ClusterAdmin admin;

  @BeforeEach
  void start() throws IOException {
    cluster = new FakeCluster(3);
    client = TroikaClient.connect(cluster.endpoints());
    admin = client.admin();
  }

  @AfterEach
  void stop() {
    client.close();
    cluster.close();
  }

  @Test
  void status_ofTheClusterAndOfOneNode() {
    ClusterStatus status = admin.status();
    assertThat(status.leader().nodeId()).isEqualTo("n0");
    assertThat(status.version()).isEqualTo("fake");
    assertThat(status.storages()).extracting(StorageInfo::name).containsExactly("main");

    ClusterStatus second = admin.statusOf(cluster.node(2).address());
    assertThat(second.answeringNode()).isEqualTo("n2");
    assertThat(second.nodes())
        .singleElement()
        .extracting(NodeStatus::role)
        .isEqualTo(NodeStatus.Role.FOLLOWER);
  }

  /** Another node may not have heard of a group yet, in which the transaction is. */
  @Test
  void outcome_ofATransactionThatIsNotSeen_asksTheLeaderForTheGroups() {
    cluster.elect(2);
    try (TroikaClient reading =
        TroikaClient.builder()
            .endpoints(cluster.endpoints())
            .readPreference(ReadPreference.FOLLOWER)
            .build()) {
      assertThat(reading.outcome(new TransactionId(new UUID(1, 2), 3)))
          .isEqualTo(new Outcome.NotSeen());
    }

    assertThat(cluster.calls("GetClusterStatus", 2)).isPositive();
    assertThat(cluster.calls("GetClusterStatus", 0)).isZero();
    assertThat(cluster.calls("GetClusterStatus", 1)).isZero();
  }

  @Test
  void status_noLeader_isStillAnswered() {
    cluster.elect(-1);
    assertThat(admin.status().leader().isKnown()).isFalse();
  }

  @Test
  void statusOf_deadNode_isNotAnsweredByAnother() {
    try (TroikaClient hasty =
        TroikaClient.builder()
            .endpoints(cluster.endpoints())
            .callTimeout(Duration.ofSeconds(2))
            .build()) {
      FirstCalls.await(hasty);
      cluster.node(1).kill();

      assertThatThrownBy(() -> hasty.admin().statusOf(cluster.node(1).address()))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining(cluster.node(1).address() + ": connection refused");
    }
  }

  @Test
  void transferLeadership_toANodeAndToAny_namesTheNewLeader() {
    assertThat(admin.transferLeadership("n2").nodeId()).isEqualTo("n2");
    assertThat(admin.transferLeadership("").nodeId()).isEqualTo("n0");
    assertThat(cluster.term()).isEqualTo(3);
    assertThatThrownBy(() -> admin.transferLeadership("x"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("no node x");
  }

  @Test
  void transferLeadership_answerLost_happensOnce() {
    cluster.failNext("TransferLeadership", new Fault.AnswerLost());

    LeaderInfo leader = admin.transferLeadership("");

    assertThat(leader.nodeId()).isEqualTo("n1");
    assertThat(cluster.calls("TransferLeadership")).isEqualTo(2);
    assertThat(cluster.term()).as("one election").isEqualTo(2);
  }

  @Test
  void takeSnapshotVerifyAndDigest_say() {
    String address = cluster.node(1).address();
    assertThat(admin.takeSnapshot(address)).isEqualTo(new SnapshotPosition(1, 7));
    VerifyReport report = admin.verify("main", Duration.ofSeconds(60));
    assertThat(report.equal()).isTrue();
    assertThat(report.replicas()).hasSize(1);
    StorageDigest digest = admin.digest("main", address, Duration.ofSeconds(60));
    assertThat(digest.revisions()).isEqualTo(3);
    assertThat(cluster.calls("TakeSnapshot", 1)).isEqualTo(1);
    assertThat(cluster.calls("GetDigest", 1)).isEqualTo(1);
    assertThat(cluster.calls("Verify", 0)).as("by the leader").isEqualTo(1);
  }

  @Test
  void pack_isBegunByTheLeader_andItsStatusIsRead() {
    PackStatus begun = admin.pack("main", new Tid(9), false);

    assertThat(begun)
        .isEqualTo(
            new PackStatus(new Tid(9), PackStatus.Phase.REVISIONS, false, "", 5, 0, 0, 0, 0.5));
    assertThat(begun.isRunning()).isTrue();
    assertThat(cluster.calls("Pack", 0)).as("by the leader").isEqualTo(1);
    assertThat(admin.packStatus("main")).isPresent();
    assertThat(admin.packStatus("other")).isEmpty();
  }

  @Test
  void storages_areListedAndCreated() {
    assertThat(admin.storages()).extracting(StorageInfo::name).containsExactly("main");
    assertThat(admin.createStorage("other").name()).isEqualTo("other");
  }
}
