package io.troika.server.admin;

import static io.troika.server.front.grpc.FrontFixture.error;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.api.v1.CreateStorageRequest;
import io.troika.api.v1.ErrorDetail;
import io.troika.api.v1.ErrorDetail.Code;
import io.troika.api.v1.GetClusterStatusRequest;
import io.troika.api.v1.GetClusterStatusResponse;
import io.troika.api.v1.GetDigestRequest;
import io.troika.api.v1.GetDigestResponse;
import io.troika.api.v1.GetPackStatusRequest;
import io.troika.api.v1.Job;
import io.troika.api.v1.JobState;
import io.troika.api.v1.ListStoragesRequest;
import io.troika.api.v1.NodeRole;
import io.troika.api.v1.NodeStatus;
import io.troika.api.v1.PackPhase;
import io.troika.api.v1.PackRequest;
import io.troika.api.v1.PackStatus;
import io.troika.api.v1.ReportJobRequest;
import io.troika.api.v1.StorageInfo;
import io.troika.api.v1.TakeSnapshotRequest;
import io.troika.api.v1.TransferLeadershipRequest;
import io.troika.api.v1.VerifyRequest;
import io.troika.api.v1.VerifyResponse;
import io.troika.server.access.AccessControl;
import io.troika.server.config.HostAndPort;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Tid;
import io.troika.server.front.grpc.FrontSetting;
import io.troika.server.front.grpc.GrpcFront;
import io.troika.server.health.FakeGroup;
import io.troika.server.service.ServiceFixture;
import io.troika.server.status.JobBoard;
import io.troika.server.tls.NodeTls;
import io.troika.server.tls.NodeTls.ClientCertificates;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AdminServiceTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @Test
  void reportJob_isShownInTheStatusWithTheNodesTime() {
    try (AdminNode node = new AdminNode()) {
      Job said =
          Job.newBuilder()
              .setId("a")
              .setKind("backup")
              .setState(JobState.JOB_RUNNING)
              .setStartedMillis(7)
              .setDone(3)
              .build();
      var unused = node.admin().reportJob(ReportJobRequest.newBuilder().setJob(said).build());

      assertThat(
              node.admin()
                  .getClusterStatus(GetClusterStatusRequest.getDefaultInstance())
                  .getJobsList())
          .containsExactly(said.toBuilder().setStartedMillis(5_000).build());
      assertThatThrownBy(() -> node.admin().reportJob(ReportJobRequest.getDefaultInstance()))
          .hasMessageContaining("job.id: expected an id");
    }
  }

  @Test
  void getClusterStatus_members_areOrderedWithTheirLag() {
    try (AdminNode node = new AdminNode()) {
      GetClusterStatusResponse status =
          node.admin().getClusterStatus(GetClusterStatusRequest.getDefaultInstance());
      assertThat(status.getAnsweringNode()).isEqualTo("n1");
      assertThat(status.getVersion()).isEqualTo("1.2.3");
      assertThat(status.getNodesList())
          .extracting(NodeStatus::getNodeId)
          .containsExactly("n1", "n2", "n3");
      assertThat(status.getNodesList())
          .extracting(NodeStatus::getLagEntries)
          .containsExactly(0L, 5L, -1L);
      assertThat(status.getNodes(2).getRole()).isEqualTo(NodeRole.NODE_ROLE_UNSPECIFIED);
      assertThat(status.getStoragesList()).extracting(StorageInfo::getName).containsExactly("main");
    }
  }

  @Test
  void pack_ofAStorage_beginsAndIsAskedFor() {
    try (AdminNode node = new AdminNode()) {
      Tid first = node.service.commit(1, Tid.NONE, "one");
      node.service.commit(1, first, "two");
      GetPackStatusRequest status = GetPackStatusRequest.newBuilder().setStorage("main").build();
      assertThat(node.admin().getPackStatus(status).hasStatus()).isFalse();

      PackRequest request =
          PackRequest.newBuilder()
              .setStorage("main")
              .setHorizon(Tid.MAX.value())
              .setKeepGarbage(true)
              .build();
      PackStatus begun = node.admin().pack(request).getStatus();
      node.service.timer.advance(Duration.ofSeconds(10));

      assertThat(begun.getRunning()).isTrue();
      assertThat(begun.getPhase()).isEqualTo(PackPhase.PACK_REVISIONS);
      PackStatus done = node.admin().getPackStatus(status).getStatus();
      assertThat(done.getRunning()).isFalse();
      assertThat(done.getPhase()).isEqualTo(PackPhase.PACK_DONE);
      assertThat(done.getKeepsGarbage()).isTrue();
      assertThat(done.getRevisionsRemoved()).isEqualTo(1);
      assertThat(done.getTransactionsRemoved()).isEqualTo(1);
      assertThat(done.getBytesRemoved()).isEqualTo(3);
    }
  }

  @Test
  void pack_unknownStorageOrNoHorizon_isRefused() {
    try (AdminNode node = new AdminNode()) {
      PackRequest noHorizon = PackRequest.newBuilder().setStorage("main").build();
      PackRequest unknown = PackRequest.newBuilder().setStorage("other").setHorizon(1).build();

      assertThat(error(() -> node.admin().pack(noHorizon)).getCode())
          .isEqualTo(ErrorDetail.Code.INVALID_ARGUMENT);
      assertThat(error(() -> node.admin().pack(unknown)).getCode())
          .isEqualTo(ErrorDetail.Code.UNKNOWN_STORAGE);
    }
  }

  @Test
  void transferLeadership_knownAndUnknownTarget() {
    try (AdminNode node = new AdminNode()) {
      assertThat(
              node.admin()
                  .transferLeadership(
                      TransferLeadershipRequest.newBuilder().setTarget("n2").build())
                  .getLeader()
                  .getNodeId())
          .isEqualTo("n2");
      assertThat(
              error(
                      () ->
                          node.admin()
                              .transferLeadership(
                                  TransferLeadershipRequest.newBuilder().setTarget("x").build()))
                  .getCode())
          .isEqualTo(Code.INVALID_ARGUMENT);
    }
  }

  /** What it says is the refusal, not the status of the call to the other node inside it. */
  @Test
  void transferLeadership_connectionToTheTargetBreaks_isRefusedForNow() {
    try (AdminNode node = new AdminNode()) {
      ErrorDetail refused = error(() -> transfer(node, "n3", 0));
      assertThat(refused.getCode()).isEqualTo(Code.LAGGING);
      assertThat(refused.getMessage()).isEqualTo("node n3: does not answer");
    }
  }

  private static String transfer(AdminNode node, String target, long expectedTerm) {
    return node.admin()
        .transferLeadership(
            TransferLeadershipRequest.newBuilder()
                .setTarget(target)
                .setExpectedTerm(expectedTerm)
                .build())
        .getLeader()
        .getNodeId();
  }

  /** The first answer was lost; the copy arrives where another term has begun. */
  @Test
  void transferLeadership_termIsPast_isAnsweredAsDone() {
    try (AdminNode node = new AdminNode()) {
      node.service.log.follow(2);
      assertThat(transfer(node, "", 1)).isEqualTo("n2");
      assertThat(transfer(node, "n2", 1)).isEqualTo("n2");
      node.service.log.lead(3);
      assertThat(transfer(node, "", 2)).isEqualTo("n1");
      assertThat(node.cluster.transfers).hasValue(0);
    }
  }

  @Test
  void transferLeadership_termIsPresentOrAnotherLeadsThanTheTarget_isCarriedOut() {
    try (AdminNode node = new AdminNode()) {
      assertThat(transfer(node, "n2", 1)).isEqualTo("n2");
      node.service.log.lead(3);
      assertThat(transfer(node, "n2", 1)).isEqualTo("n2");
      assertThat(transfer(node, "n2", 0)).isEqualTo("n2");
      assertThat(node.cluster.transfers).hasValue(3);
    }
  }

  /** Nobody can say yet that it is done. */
  @Test
  void transferLeadership_termIsPastAndNoLeaderKnown_isCarriedOut() {
    try (AdminNode node = new AdminNode()) {
      node.service.log.loseLeader(2);
      assertThat(transfer(node, "n2", 1)).isEqualTo("n2");
      assertThat(node.cluster.transfers).hasValue(1);
    }
  }

  @Test
  void takeSnapshot_saysItsPosition() {
    try (AdminNode node = new AdminNode()) {
      var response = node.admin().takeSnapshot(TakeSnapshotRequest.getDefaultInstance());
      assertThat(response.getTerm()).isEqualTo(3);
      assertThat(response.getIndex()).isEqualTo(9);
    }
  }

  @Test
  void createStorage_twice_isCreatedOnceAndListed() {
    try (AdminNode node = new AdminNode()) {
      CreateStorageRequest request = CreateStorageRequest.newBuilder().setName("other").build();
      assertThat(node.admin().createStorage(request).getCreated()).isTrue();
      assertThat(node.admin().createStorage(request).getCreated()).isFalse();
      assertThat(
              node.admin().listStorages(ListStoragesRequest.getDefaultInstance()).getStoragesList())
          .extracting(StorageInfo::getName)
          .containsExactly("main", "other");
      assertThat(
              error(() -> node.admin().createStorage(CreateStorageRequest.getDefaultInstance()))
                  .getCode())
          .isEqualTo(Code.INVALID_ARGUMENT);
    }
  }

  @Test
  void verify_aReplicaThatDiffersOrIsSilent_isNamed() {
    try (AdminNode node = new AdminNode()) {
      node.service.commit(1, Tid.NONE, "a");
      Bytes digest =
          ServiceFixture.done(
                  node.service.service.reads().digest("main", Tid.NONE, PATIENCE, Runnable::run))
              .sha256();
      node.digests.digests.put("h:7402", digest);
      VerifyRequest request = VerifyRequest.newBuilder().setStorage("main").build();

      VerifyResponse silent = node.admin().verify(request);
      assertThat(silent.getEqual()).isFalse();
      assertThat(silent.getReplicas(2).getProblem()).contains("connection refused");
      assertThat(node.ownDigests).hasValue(1); // never where the members' answers come

      node.digests.digests.put("h:7403", digest);
      assertThat(node.admin().verify(request).getEqual()).isTrue();

      node.digests.digests.put("h:7403", Bytes.utf8("another"));
      VerifyResponse different = node.admin().verify(request);
      assertThat(different.getEqual()).isFalse();
      assertThat(different.getReplicasList())
          .extracting(VerifyResponse.Replica::getProblem)
          .containsOnly("");
    }
  }

  @Test
  void verify_onAFollower_isNotLeader() {
    try (AdminNode node = new AdminNode()) {
      node.service.log.follow(2);
      assertThat(
              error(
                      () ->
                          node.admin()
                              .verify(VerifyRequest.newBuilder().setStorage("main").build()))
                  .getCode())
          .isEqualTo(Code.NOT_LEADER);
    }
  }

  /** The real port between nodes: a channel to a server that answers, and to one that does not. */
  @Test
  void replicaDigests_overGrpc_answerOrSayWhyNot() throws Exception {
    ServiceFixture service = new ServiceFixture();
    Tid tid = service.commit(1, Tid.NONE, "a");
    AdminService admin =
        AdminService.create(
            "n1",
            "1",
            service.groups,
            name -> new AdminNode.FakeCluster(),
            new AdminNode.FakeMembership(),
            new AdminNode.FakeDigests(),
            Runnable::run,
            new JobBoard(() -> 0));
    String address;
    try (GrpcReplicaDigests digests = new GrpcReplicaDigests(NodeTls.NONE)) {
      try (GrpcFront front =
          GrpcFront.start(
              new HostAndPort("127.0.0.1", 0),
              NodeTls.NONE.forClients(ClientCertificates.REQUIRED),
              FrontSetting.alone(
                  "n1",
                  service.groups,
                  FakeGroup.health(service.log, service.timer),
                  AccessControl.OPEN),
              List.of(admin))) {
        address = "127.0.0.1:" + front.port();
        assertThat(digests.digest(address, "main", tid, PATIENCE))
            .succeedsWithin(PATIENCE)
            .isEqualTo(
                ServiceFixture.done(
                        service.service.reads().digest("main", tid, PATIENCE, Runnable::run))
                    .sha256());
        assertThat(digests.digest(address, "other", tid, PATIENCE))
            .failsWithin(PATIENCE)
            .withThrowableThat()
            .withMessageContaining("UNKNOWN_STORAGE");
      }
      assertThat(digests.digest(address, "main", tid, PATIENCE))
          .failsWithin(PATIENCE)
          .withThrowableThat()
          .withMessageContaining("UNAVAILABLE");
    }
    service.close();
  }

  @Test
  void getDigest_ofNow_saysItsTid() {
    try (AdminNode node = new AdminNode()) {
      Tid tid = node.service.commit(1, Tid.NONE, "a");
      GetDigestResponse digest =
          node.admin().getDigest(GetDigestRequest.newBuilder().setStorage("main").build());
      assertThat(digest.getAt()).isEqualTo(tid.value());
      assertThat(digest.getRevisions()).isEqualTo(1);
      assertThat(digest.getDigest().size()).isEqualTo(32);
      assertThat(node.ownDigests).hasValue(1);
    }
  }
}
