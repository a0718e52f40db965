package io.troika.server.cli.storages;

import static io.troika.server.cli.GoldenOutput.assertGolden;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.Bytes;
import io.troika.client.HistoryEntry;
import io.troika.client.PackStatus;
import io.troika.client.PackStatus.Phase;
import io.troika.client.StorageInfo;
import io.troika.client.Tid;
import io.troika.client.TransactionMetadata;
import io.troika.client.TransactionRecord;
import io.troika.client.UnavailableException;
import io.troika.client.UnknownStorageException;
import io.troika.client.VerifyReport;
import io.troika.client.VerifyReport.Replica;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.cli.output.StatusText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What commands about storages print. */
class StorageOutputTest {
  private static final Tid TID = Tid.parse("0x040d3ee42c5d7e91");

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

  private static StorageInfo storage(String name, String group) {
    return new StorageInfo(name, new UUID(0, 1), 1, TID, Tid.NONE, 1, 1, 1, group);
  }

  @Test
  void verifyAll_storageThatCannotBeCompared_othersAre_andTheWorstIsTheExitCode() {
    VerifyReport equal =
        new VerifyReport(true, TID, List.of(new Replica("n1", Bytes.utf8("d"), "")));
    List<String> asked = new ArrayList<>();
    List<StorageVerdict> verdicts =
        StorageVerdict.of(
            List.of(
                storage("gone", "g0"),
                storage("a", "g1"),
                storage("b", "g1"),
                storage("main", "g0")),
            name -> {
              asked.add(name);
              switch (name) {
                case "gone" -> throw new UnknownStorageException("storage 'gone': there is none");
                case "a" -> throw new UnavailableException("NOT_LEADER: no leader of g1", null);
                default -> {
                  return equal;
                }
              }
            });

    assertThat(asked).as("g1 is waited for once").containsExactly("gone", "a", "main");
    assertThat(verdicts.stream().flatMap(verdict -> verdict.lines().stream()))
        .containsExactly(
            "g0/gone: not compared: storage 'gone': there is none",
            "g1/a: not compared: NOT_LEADER: no leader of g1",
            "g1/b: not compared: NOT_LEADER: no leader of g1",
            "g0/main: 1 replicas are equal at " + StatusText.tid(TID));
    assertThat(StorageVerdict.exitCode(verdicts)).isEqualTo(ExitCodes.UNAVAILABLE);
    assertThat(StorageVerdict.exitCode(verdicts.subList(0, 1))).isEqualTo(ExitCodes.FAILED);
    assertThat(StorageVerdict.exitCode(verdicts.subList(3, 4))).isEqualTo(ExitCodes.OK);
    assertThat(verdicts.get(0).json().toString())
        .isEqualTo(
            "{\"equal\":false,\"problem\":\"storage 'gone': there is none\",\"storage\":\"gone\",\"group\":\"g0\"}");
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
}
