package io.troika.server.cli.imports;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.ObjectStore;
import io.troika.server.cli.output.TransactionProgress;
import io.troika.server.filestorage.Defect;
import io.troika.server.filestorage.FileStorageException;
import io.troika.server.filestorage.FileStorageTranscript;
import io.troika.server.filestorage.ReadSettings;
import io.troika.server.filestorage.ZodbPython;
import io.troika.server.filestorage.ZodbVerdict;
import io.troika.server.node.OneNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of the real ZODB, whole and damaged, imported into a real server. */
@Timeout(600)
class ZodbImportTest {
  /** Where an import refuses what FileStorage opens; see {@code filestorage/DESIGN.md}. */
  private static final Set<Defect> STRICTER =
      EnumSet.of(Defect.TID_ORDER, Defect.TID_RANGE, Defect.RECORD_TID, Defect.BACK_POINTER);

  private static final List<String> BASES = List.of("normal-", "packed-", "undone-");

  @RegisterExtension static final OneNode node = new OneNode();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "empty",
        "normal",
        "packed",
        "undone",
        "deleted",
        "metadata",
        "large",
        "voted",
        "restored-undone",
        "restored-packed",
        "restored-deleted"
      })
  void import_fileOfZodb_givesWhatFileStorageGives(String name) throws Exception {
    Path files = ZodbPython.require().files();
    ObjectStore store = node.newStore();

    importAll(files.resolve(name + ".fs"), store);

    assertThat(StoreContents.of(store))
        .isEqualTo(StoreContents.expected(ZodbPython.lines(files.resolve(name + ".expected"))));
  }

  /** 20,000 transactions: too many to read one by one here, so the verification is relied on. */
  @Test
  void import_manyTransactions_areAllThere() throws Exception {
    Path file = ZodbPython.require().files().resolve("many.fs");
    ObjectStore store = node.newStore();
    CheckedFile checked = FileStorageImport.check(file, store, TransactionProgress.NONE);

    FileStorageImport.run(checked, store, TransactionProgress.NONE);

    ImportVerification.Result result =
        ImportVerification.run(checked, store, TransactionProgress.NONE);
    assertThat(result.differences()).isEmpty();
    assertThat(result.transactions()).isEqualTo(20_000);
    assertThat(store.info().transactionCount()).isEqualTo(20_000);
  }

  @Test
  void import_damagedFiles_areRecoveredAsFileStorageDoesOrRefusedWhole() throws Exception {
    Path variants = ZodbPython.require().files().resolve("variants");
    ObjectStore untouched = node.newStore();
    List<String> wrong = new ArrayList<>();
    int imported = 0;
    int refused = 0;

    for (ZodbVerdict verdict : ZodbVerdict.all()) {
      if (BASES.stream().noneMatch(base -> verdict.file().startsWith(base))) {
        continue; // the reader's tests take them all
      }
      Path file = variants.resolve(verdict.file());
      FileStorageTranscript expected = FileStorageTranscript.of(file, ReadSettings.DEFAULT);
      FileStorageException refusal = expected.refusal();
      String problem;
      if (refusal == null) {
        problem = importProblem(verdict, file, expected);
        imported++;
      } else {
        problem = refusalProblem(verdict, file, refusal, untouched);
        refused++;
      }
      if (problem != null) {
        wrong.add(verdict + ": " + problem);
      }
    }

    assertThat(wrong).isEmpty();
    assertThat(untouched.info().transactionCount()).isZero();
    assertThat(imported).isGreaterThan(200);
    assertThat(refused).isGreaterThan(200);
  }

  private static @Nullable String importProblem(
      ZodbVerdict verdict, Path file, FileStorageTranscript expected)
      throws IOException, ImportException {
    boolean readOtherwise =
        verdict.isUndoneStatus() || verdict.isPython2() || verdict.isUnflushedMagic();
    if (!readOtherwise && !verdict.sha256().equals(expected.sha256())) {
      return "read otherwise than by FileStorage";
    }
    if (!readOtherwise && !verdict.iterated()) {
      return "imported, though FileStorage refuses it";
    }
    ObjectStore store = node.newStore();
    importAll(file, store);
    return StoreContents.of(store).equals(StoreContents.expected(expected.lines()))
        ? null
        : "imported otherwise than read";
  }

  private static @Nullable String refusalProblem(
      ZodbVerdict verdict, Path file, FileStorageException refusal, ObjectStore store)
      throws IOException, ImportException {
    try {
      importAll(file, store);
      return "imported, though the reader refuses it: " + refusal.getMessage();
    } catch (FileStorageException e) {
      if (verdict.iterated() && !STRICTER.contains(e.defect())) {
        return "refused, though FileStorage reads it: " + e.getMessage();
      }
      String named = file + " at position " + e.position() + ": ";
      return String.valueOf(e.getMessage()).startsWith(named) ? null : "said " + e.getMessage();
    }
  }

  private static void importAll(Path file, ObjectStore store) throws IOException, ImportException {
    CheckedFile checked = FileStorageImport.check(file, store, TransactionProgress.NONE);
    ImportReport report = FileStorageImport.run(checked, store, TransactionProgress.NONE);
    assertThat(report.imported()).isEqualTo(checked.summary().transactions());
    assertThat(store.info().lastTid()).isEqualTo(checked.lastTid());
  }
}
