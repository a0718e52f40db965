package io.troika.server.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.ByteString;
import io.troika.api.v1.GroupStatus;
import io.troika.api.v1.HealthCheck;
import io.troika.api.v1.NodeReport;
import io.troika.api.v1.StorageInfo;
import io.troika.server.cli.doctor.Finding.Severity;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each check finds its illness, names the node, and no other check takes it for its own. */
final class DoctorTest {
  private static final long GIB = 1L << 30;

  private static List<String> found(Patient patient) {
    return Doctor.CHECKS.stream()
        .filter(check -> !check.examine(patient.examination()).isEmpty())
        .map(Check::name)
        .toList();
  }

  private static Finding only(Check check, Patient patient) {
    List<Finding> findings = check.examine(patient.examination());
    assertThat(findings).hasSize(1);
    assertThat(findings.get(0).next()).endsWith(".");
    return findings.get(0);
  }

  private static Doctor doctor(Patient patient) {
    return new Doctor(patient.examination());
  }

  @Test
  void examine_allIsWell_findsNothingAndSaysWhatItLookedAt() {
    assertThat(found(new Patient())).isEmpty();
    assertThat(doctor(new Patient()).isWell()).isTrue();
    assertThat(doctor(new Patient()).canServe()).isTrue();
    assertThat(doctor(new Patient()).lines())
        .contains(
            "ok       reachable     n1, n2 and n3 answer",
            "ok       quorum        3 of 3 voters take part, 1 may fail",
            "ok       leader        n1 leads in term 3",
            "Nothing is wrong.");
    assertThat(doctor(new Patient()).json().get("well").getAsBoolean()).isTrue();
  }

  @Test
  void reachable_deadNode_isAnError() {
    Patient patient = new Patient().dead("n3");

    assertThat(found(patient)).containsExactly("reachable", "quorum");
    Finding finding = only(new ReachableCheck(), patient);
    assertThat(finding.severity()).isEqualTo(Severity.ERROR);
    assertThat(finding.node()).isEqualTo("n3");
    assertThat(finding.problem()).isEqualTo("nobody answers at n3:7400: Connection refused");
    assertThat(doctor(patient).canServe()).isTrue();
  }

  @Test
  void reachable_nodeThatOnlyTheOthersReach_isSaidToBeThere() {
    Patient patient = new Patient().unreachableFromHere("n2");

    assertThat(found(patient)).containsExactly("reachable");
    assertThat(only(new ReachableCheck(), patient).severity()).isEqualTo(Severity.WARNING);
    assertThat(only(new ReachableCheck(), patient).problem())
        .startsWith("it answers the other nodes");
  }

  @Test
  void groups_allTakePart_isSaidWithTheirLeaders() {
    assertThat(found(new Patient().withGroup())).isEmpty();
    assertThat(doctor(new Patient().withGroup()).lines())
        .contains("ok       groups        all nodes take part in all: n2 leads g1");
    assertThat(doctor(new Patient()).lines())
        .contains("ok       groups        there is one Raft group");
  }

  @Test
  void groups_withoutALeader_cannotServe() {
    Patient patient = new Patient().withGroup();
    List.of("n1", "n2", "n3")
        .forEach(id -> patient.saysOfGroup(id, GroupStatus.Builder::clearLeader));

    assertThat(found(patient)).containsExactly("groups");
    Finding finding = only(new GroupsCheck(), patient);
    assertThat(finding.node()).isEmpty();
    assertThat(finding.problem()).startsWith("group g1 has no leader");
    assertThat(doctor(patient).canServe()).isFalse();
  }

  @Test
  void groups_nodeThatDoesNotKnowTheLeader_isNamed() {
    Finding finding =
        only(
            new GroupsCheck(),
            new Patient().withGroup().saysOfGroup("n3", GroupStatus.Builder::clearLeader));

    assertThat(finding.node()).isEqualTo("n3");
    assertThat(finding.problem()).contains("term 5 of group g1");
  }

  @Test
  void groups_nodeWithoutAPart_isNamedOnce() {
    Patient patient = new Patient().withGroup();
    patient.saysOfGroup("n3", group -> group.clearNodes().clearLeader());
    for (String id : List.of("n1", "n2")) {
      patient.saysOfGroup(
          id, group -> group.setNodes(2, group.getNodes(2).toBuilder().setReachable(false)));
    }

    assertThat(found(patient)).containsExactly("groups");
    Finding finding = only(new GroupsCheck(), patient);
    assertThat(finding.node()).isEqualTo("n3");
    assertThat(finding.problem()).startsWith("it has no part in group g1");
    assertThat(doctor(patient).canServe()).isTrue();
  }

  @Test
  void groups_memberThatDoesNotAnswerInIt_isNamed() {
    Patient patient = new Patient().withGroup();
    for (String id : List.of("n1", "n2", "n3")) {
      patient.saysOfGroup(
          id, group -> group.setNodes(2, group.getNodes(2).toBuilder().setReachable(false)));
    }

    assertThat(only(new GroupsCheck(), patient).problem())
        .isEqualTo("it answers, but not in group g1");
  }

  @Test
  void groups_otherMembersThanTheCluster_isAWarning() {
    Patient patient = new Patient().withGroup();
    List.of("n1", "n2", "n3").forEach(id -> patient.saysOfGroup(id, group -> group.removeNodes(2)));

    assertThat(only(new GroupsCheck(), patient).problem())
        .isEqualTo("group g1 consists of n1 and n2, the cluster of n1, n2 and n3");
    assertThat(only(new GroupsCheck(), patient).severity()).isEqualTo(Severity.WARNING);
  }

  @Test
  void lag_inAFurtherGroup_isFoundAndTheGroupNamed() {
    Patient patient =
        new Patient()
            .withGroup()
            .saysOfGroup(
                "n1",
                group -> group.setNodes(0, group.getNodes(0).toBuilder().setCommittedIndex(6_000)))
            .saysOfGroup(
                "n3",
                group -> group.setNodes(2, group.getNodes(2).toBuilder().setAppliedIndex(5_100)));

    assertThat(found(patient)).containsExactly("lag");
    Finding finding = only(new LagCheck(), patient);
    assertThat(finding.node()).isEqualTo("n3");
    assertThat(finding.problem()).contains("in group g1", "applies nothing");
  }

  @Test
  void quorum_justAMajority_isAWarning_lessAnError() {
    Finding just = only(new QuorumCheck(), new Patient().dead("n3"));
    assertThat(just.severity()).isEqualTo(Severity.WARNING);
    assertThat(just.problem()).contains("2 of 3", "none of them may fail");

    Patient lost = new Patient().dead("n3").dead("n2");
    assertThat(only(new QuorumCheck(), lost).severity()).isEqualTo(Severity.ERROR);
    assertThat(only(new QuorumCheck(), lost).problem()).contains("only 1 of 3", "2 are needed");
    assertThat(doctor(lost).canServe()).isFalse();
  }

  @Test
  void quorum_nobodyAnswers_isAnError() {
    Patient patient = new Patient().dead("n1").dead("n2").dead("n3");
    assertThat(only(new QuorumCheck(), patient).problem()).startsWith("no node answers");
    assertThat(doctor(patient).canServe()).isFalse();
    assertThat(doctor(patient).lines()).noneMatch(line -> line.startsWith("ok"));
  }

  @Test
  void leader_nobodyKnowsOne_isAnErrorOfTheCluster() {
    Patient patient = new Patient();
    for (String id : List.of("n1", "n2", "n3")) {
      patient.says(id, report -> report.setLeader("").setTerm(4));
    }
    assertThat(found(patient)).containsExactly("leader");
    assertThat(only(new LeaderCheck(), patient).node()).isEmpty();
    assertThat(doctor(patient).canServe()).isFalse();
  }

  @Test
  void leader_nodeThatBelievesInAnOldOne_isNamed() {
    Patient patient = new Patient().says("n3", report -> report.setLeader("n2").setTerm(2));
    assertThat(only(new LeaderCheck(), patient).node()).isEqualTo("n3");
    assertThat(only(new LeaderCheck(), patient).problem()).contains("term 3", "takes n2 for it");
    assertThat(doctor(patient).canServe()).isTrue();
  }

  @Test
  void leader_whomNoMajorityFollows_cannotCommit() {
    HealthCheck unconfirmed =
        HealthCheck.newBuilder().setName("majority").setDetail("not confirmed").build();
    Patient patient = new Patient().says("n1", report -> report.addChecks(unconfirmed));
    assertThat(only(new LeaderCheck(), patient).problem())
        .contains("n1 leads in term 3", "nothing is committed");
    assertThat(doctor(patient).canServe()).isFalse();

    Patient follower = new Patient().says("n2", report -> report.addChecks(unconfirmed));
    assertThat(found(follower)).containsExactly("ready");
    assertThat(doctor(follower).canServe()).isTrue();
  }

  @Test
  void ready_nodeThatIsNot_hasItsReason() {
    Patient patient =
        new Patient()
            .says(
                "n2",
                report ->
                    report.addChecks(
                        HealthCheck.newBuilder().setName("in-step").setDetail("it is behind")));
    assertThat(found(patient)).containsExactly("ready");
    assertThat(only(new ReadyCheck(), patient).problem()).endsWith("it is behind");

    Patient broken = new Patient().says("n2", report -> report.setAlive(false));
    assertThat(only(new ReadyCheck(), broken).problem()).startsWith("it is broken");
  }

  @Test
  void lag_nodeThatMoves_isAWarningOneThatDoesNotAnError() {
    Patient catchesUp = new Patient().applied("n3", 100, 2_000);
    assertThat(found(catchesUp)).containsExactly("lag");
    assertThat(only(new LagCheck(), catchesUp).severity()).isEqualTo(Severity.WARNING);
    assertThat(only(new LagCheck(), catchesUp).problem()).contains("3,000 entries behind");

    Patient stuck = new Patient().applied("n3", 100, 100);
    assertThat(only(new LagCheck(), stuck).severity()).isEqualTo(Severity.ERROR);
    assertThat(only(new LagCheck(), stuck).problem()).endsWith("it cannot rejoin");

    assertThat(found(new Patient().applied("n3", 4_990, 5_050))).isEmpty();
  }

  @Test
  void lag_idleCluster_isNotStuck() {
    Patient idle = new Patient();
    for (String id : List.of("n1", "n2", "n3")) {
      idle.applied(id, 5_000, 5_000);
    }
    assertThat(found(idle)).isEmpty();
  }

  @Test
  void disk_littleRoom_isAWarningHardlyAnyAnError() {
    Patient little = new Patient().says("n2", report -> report.setDiskFreeBytes(5 * GIB));
    assertThat(found(little)).containsExactly("disk");
    assertThat(only(new DiskCheck(), little).severity()).isEqualTo(Severity.WARNING);
    assertThat(only(new DiskCheck(), little).problem()).startsWith("5.0 GiB of 100.0 GiB");

    Patient full = new Patient().says("n2", report -> report.setDiskFreeBytes(GIB / 2));
    assertThat(only(new DiskCheck(), full).severity()).isEqualTo(Severity.ERROR);

    Patient reserved =
        new Patient()
            .says("n2", report -> report.addChecks(HealthCheck.newBuilder().setName("disk")));
    assertThat(found(reserved)).containsExactly("ready", "disk");
    assertThat(only(new DiskCheck(), reserved).severity()).isEqualTo(Severity.ERROR);
    assertThat(only(new DiskCheck(), reserved).problem()).endsWith("less than it reserves");

    Patient unknown =
        new Patient().says("n2", report -> report.setDiskFreeBytes(-1).setDiskTotalBytes(-1));
    assertThat(found(unknown)).isEmpty();

    Patient fullLastTime =
        new Patient()
            .says(
                "n2",
                report ->
                    report
                        .setDiskFreeBytes(-1)
                        .setDiskTotalBytes(-1)
                        .addChecks(HealthCheck.newBuilder().setName("disk")));
    assertThat(only(new DiskCheck(), fullLastTime).problem())
        .startsWith("how much is free on the disk of its data is not known");
  }

  @Test
  void quotas_aStorageAtItsEndOrNearIt_isNamed() {
    Patient near = new Patient().says("n2", report -> quota(report, 90, 100));
    assertThat(found(near)).containsExactly("quotas");
    assertThat(only(new QuotaCheck(), near).severity()).isEqualTo(Finding.Severity.WARNING);
    Patient full = new Patient().says("n2", report -> quota(report, 100, 100));
    assertThat(only(new QuotaCheck(), full).severity()).isEqualTo(Finding.Severity.ERROR);
    assertThat(only(new QuotaCheck(), full).problem())
        .isEqualTo("storage 'main' has 100.0 MiB, its quota is 100.0 MiB: it takes no more data");
    assertThat(found(new Patient().says("n2", report -> quota(report, 89, 100)))).isEmpty();
  }

  private static NodeReport.Builder quota(NodeReport.Builder report, long size, long quota) {
    report
        .getStoragesBuilder(0)
        .setLastTid(1)
        .setDataBytes(1 << 20)
        .setBlobBytes((size - 1) << 20)
        .setQuotaBytes(quota << 20);
    return report;
  }

  @Test
  void clocks_oneThatIsApart_isNamed() {
    Patient patient = new Patient().clock("n3", Duration.ofSeconds(-5));
    assertThat(found(patient)).containsExactly("clocks");
    assertThat(only(new ClockCheck(), patient).node()).isEqualTo("n3");
    assertThat(only(new ClockCheck(), patient).problem()).startsWith("its clock is 5.0 s behind");
  }

  @Test
  void clocks_thisMachineIsApart_isNoMatterOfTheirs() {
    Patient patient = new Patient();
    for (String id : List.of("n1", "n2", "n3")) {
      patient.clock(id, Duration.ofMinutes(10));
    }
    assertThat(found(patient)).isEmpty();
  }

  @Test
  void version_different_isAWarning() {
    Patient patient = new Patient().says("n2", report -> report.setVersion("1.2.4"));
    assertThat(found(patient)).containsExactly("version");
    assertThat(only(new VersionCheck(), patient).problem())
        .endsWith("n1 1.2.3, n2 1.2.4, n3 1.2.3");
  }

  @Test
  void settings_different_nameTheKeyAndTheNodes() {
    Patient patient =
        new Patient().says("n2", report -> report.putSettings("raft.entry-size-max", "16 MiB"));
    assertThat(found(patient)).containsExactly("settings");
    assertThat(only(new SettingsCheck(), patient).problem())
        .isEqualTo("raft.entry-size-max differs: 16 MiB on n2; 8 MiB on n1 and n3");
  }

  @Test
  void members_fileIsOlderThanTheGroup_isAWarning() {
    Patient patient =
        new Patient()
            .says("n1", report -> report.putSettings("members", "n1=n1:7400"))
            .says("n2", report -> report.putSettings("members", "n1=n1:7400, n2=n2:7400, n3=old:1"))
            .says("n3", report -> report.removeSettings("members")); // of an older version

    assertThat(found(patient)).containsExactly("members");
    List<Finding> findings = new MembersCheck().examine(patient.examination());
    assertThat(findings).extracting(Finding::node).containsExactly("n1", "n2");
    assertThat(findings).allMatch(finding -> finding.severity() == Severity.WARNING);
    assertThat(findings.get(0).problem())
        .isEqualTo(
            "its file says members n1 (n1:7400), the group consists of n1 (n1:7400), n2 (n2:7400),"
                + " n3 (n3:7400); with an empty directory it would begin a group of its own");
    assertThat(findings.get(1).problem()).contains("n3 (old:1)").doesNotContain("of its own");
    assertThat(findings.get(1).next()).endsWith(".");
  }

  @Test
  void settings_keyOfANewerVersion_isNoDifference() {
    Patient patient = new Patient().says("n2", report -> report.putSettings("limits.new", "1"));
    assertThat(found(patient)).isEmpty();
  }

  @Test
  void certificates_expiredAndSoon_areNamed() {
    Patient patient =
        new Patient()
            .certificate("n1", Patient.NOW.plus(Duration.ofDays(400)))
            .certificate("n2", Patient.NOW.plus(Duration.ofDays(7)))
            .certificate("n3", Patient.NOW.minus(Duration.ofDays(1)))
            .ownCertificate(Patient.NOW.plus(Duration.ofDays(2)));
    assertThat(found(patient)).containsExactly("certificates");
    assertThat(new CertificateCheck().examine(patient.examination()))
        .extracting(Finding::node, Finding::severity)
        .containsExactly(
            tuple("n2", Severity.WARNING),
            tuple("n3", Severity.ERROR),
            tuple("", Severity.WARNING));
  }

  @Test
  void histories_otherEpochOrUuid_isAnError() {
    StorageInfo main = StorageInfo.newBuilder().setName("main").setEpoch(2).build();
    Patient restored =
        new Patient()
            .says(
                "n3",
                report ->
                    report.setStorages(
                        0, report.getStorages(0).toBuilder().setEpoch(main.getEpoch())));
    assertThat(found(restored)).containsExactly("histories");
    assertThat(only(new EpochCheck(), restored).problem())
        .contains("n3 has epoch 2", "n1 has epoch 1");

    Patient other =
        new Patient()
            .says(
                "n3",
                report ->
                    report.setStorages(
                        0,
                        report.getStorages(0).toBuilder()
                            .setUuid(ByteString.copyFromUtf8("fedcba9876543210"))));
    assertThat(found(other)).containsExactly("histories");
  }
}
