package io.troika.server.cli.backups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.troika.client.Bytes;
import io.troika.client.Codec;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.PackStatus;
import io.troika.client.QuotaExceededException;
import io.troika.client.RestoredTransaction;
import io.troika.client.StorageInfo;
import io.troika.client.Tid;
import io.troika.client.TransactionQuery;
import io.troika.client.TransactionRecord;
import io.troika.client.TroikaClient;
import io.troika.server.cli.TypedCommand;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.node.OneNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What {@code troika restore} does, prints, and how it ends. */
@Timeout(600)
class RestoreCommandTest {
  @TempDir Path directory;

  @RegisterExtension static final OneNode node = new OneNode();

  private TroikaClient client;
  private ObjectStore store;
  private Oid oid;
  private final List<Tid> tids = new ArrayList<>();
  private final TypedCommand troika = new TypedCommand();

  /** Texts "1" to "5" of one object, all in the backup, and "6", which is not. */
  @BeforeEach
  void backUp() {
    client = TroikaClient.connect(node.endpoints());
    store = client.store(node.newStore().name());
    oid = store.run(tx -> tx.create("1", Codec.UTF8));
    tids.add(store.info().lastTid());
    for (int i = 2; i <= 5; i++) {
      write(i);
    }
    backup();
    write(6);
  }

  @AfterEach
  void close() {
    client.close();
  }

  private void write(int number) {
    tids.add(store.execute(tx -> tx.write(oid, String.valueOf(number), Codec.UTF8)));
  }

  @Test
  void restore_storageThatHoldsSomething_isRefusedWithoutReplace() {
    assertThat(restore(store.name())).isEqualTo(ExitCodes.FAILED);

    assertThat(troika.err()).contains("has 6 transactions", "--replace");
    assertThat(read(store.name())).isEqualTo("6");
    assertThat(names()).doesNotContain(store.name() + ".restoring");
  }

  @Test
  void restore_replace_isTheStateOfTheBackup() {
    long epoch = store.info().epoch();

    assertThat(restore(store.name(), "--replace")).isEqualTo(ExitCodes.OK);

    assertThat(troika.out().lines())
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .isEqualTo(
                        "Restored 5 transactions up to %s, read back 5 records: equal"
                            .formatted(tids.get(4))),
            line ->
                assertThat(line)
                    .startsWith(
                        "Storage %s is in epoch %s since transaction"
                            .formatted(store.name(), epoch + 1)));
    assertThat(read(store.name())).isEqualTo("5");
    assertThat(names()).contains(store.name()).doesNotContain(store.name() + ".restoring");
  }

  @Test
  void restore_newName_makesTheStorageAndLeavesTheOther() {
    assertThat(restore("copy-of-" + store.name())).isEqualTo(ExitCodes.OK);

    assertThat(read("copy-of-" + store.name())).isEqualTo("5");
    assertThat(read(store.name())).isEqualTo("6");
  }

  @Test
  void restore_toATid_endsThere() {
    assertThat(restore("tid-" + store.name(), "--to", tids.get(2).toString()))
        .isEqualTo(ExitCodes.OK);

    assertThat(read("tid-" + store.name())).isEqualTo("3");
  }

  @Test
  void restore_toATime_isWhatWasCommittedUpToIt() {
    String time = tids.get(2).toInstant().plusNanos(100).toString();

    assertThat(restore("time-" + store.name(), "--to", time)).isEqualTo(ExitCodes.OK);

    assertThat(read("time-" + store.name())).isEqualTo("3");
  }

  @Test
  void restore_toATidThatIsNotThereYet_isRefused() {
    assertThat(restore("later-" + store.name(), "--to", tids.get(5).toString()))
        .isEqualTo(ExitCodes.FAILED);

    assertThat(troika.err()).contains("ends with " + tids.get(4));
  }

  @Test
  void restore_damagedBackup_isRefusedAndTheStorageLeftAlone() throws Exception {
    Path segment = directory.resolve("0001-000001.segment");
    byte[] bytes = Files.readAllBytes(segment);
    bytes[bytes.length / 2] ^= 1;
    Files.write(segment, bytes);

    assertThat(restore(store.name(), "--replace")).isEqualTo(ExitCodes.FAILED);

    assertThat(troika.err()).contains("0001-000001.segment: byte ");
    assertThat(read(store.name())).isEqualTo("6");
  }

  @Test
  void restore_interruptedAndStartedAgain_changesNothingThenGoesOn() throws Exception {
    RestorePoint point = RestorePoint.newest(directory, 0);
    try (TroikaClient leading = TroikaClient.connect(node.endpoints());
        TroikaClient reading = TroikaClient.connect(node.endpoints())) {
      assertThatThrownBy(
              () ->
                  RestoreRun.run(
                      leading,
                      reading,
                      point,
                      store.name(),
                      true,
                      part -> {
                        if (part.equals("Reading back")) {
                          throw new IllegalStateException("interrupted");
                        }
                        return (position, end) -> {};
                      }))
          .hasMessage("interrupted");
    }
    assertThat(read(store.name())).isEqualTo("6");
    assertThat(names()).contains(store.name() + ".restoring");

    assertThat(restore(store.name(), "--replace")).isEqualTo(ExitCodes.OK);

    assertThat(troika.out()).contains("Went on after 5 transactions of an interrupted restore");
    assertThat(read(store.name())).isEqualTo("5");
  }

  /** What another restore has left is not gone on with. */
  @Test
  void restore_afterOneOfAnotherState_beginsAnew() {
    String name = store.name() + ".restoring";
    ObjectStore other = client.store(client.admin().createStorage(name).name());
    other.run(tx -> tx.create("something else", Codec.UTF8));

    assertThat(restore(store.name(), "--replace")).isEqualTo(ExitCodes.OK);

    assertThat(read(store.name())).isEqualTo("5");
  }

  /** It has the tids of this backup and other data: only reading it back shows that. */
  @Test
  void restore_whatIsReadBackDiffers_is4AndTheStorageAsItWas() {
    String name = store.name() + ".restoring";
    ObjectStore forged = client.store(client.admin().createStorage(name).name());
    try (Stream<TransactionRecord> records = store.transactions(TransactionQuery.after(Tid.NONE))) {
      Tid unused = forged.restoreAsync(records.limit(5).map(this::forged).toList()).join();
    }

    assertThat(restore(store.name(), "--replace")).isEqualTo(ExitCodes.NOT_VERIFIED);

    assertThat(troika.err()).contains("read back: transaction " + tids.get(0), "differs");
    assertThat(read(store.name())).isEqualTo("6");
    assertThat(store.info().epoch()).isEqualTo(1);
  }

  private RestoredTransaction forged(TransactionRecord record) {
    return new RestoredTransaction(
        record.tid(),
        record.status(),
        record.metadata(),
        List.of(new RestoredTransaction.Written(oid, Bytes.utf8("forged"))));
  }

  /** The backup keeps what the pack takes, and says from where on it can't. */
  @Test
  void backup_afterAPack_keepsTheHistoryOfBeforeAndRefusesWhatIsMissing() {
    write(7);
    PackStatus unused = client.admin().pack(store.name(), tids.get(5), false);
    await()
        .atMost(Duration.ofMinutes(2))
        .until(
            () -> client.admin().packStatus(store.name()).map(p -> !p.isRunning()).orElse(false));
    backup();

    assertThat(restore("old-" + store.name(), "--to", tids.get(1).toString()))
        .isEqualTo(ExitCodes.OK);
    assertThat(read("old-" + store.name())).isEqualTo("2");
    assertThat(restore("new-" + store.name())).isEqualTo(ExitCodes.OK);
    assertThat(read("new-" + store.name())).isEqualTo("7");
    StorageInfo restored = client.store("new-" + store.name()).info();
    assertThat(restored.packTid()).isEqualTo(tids.get(5));
    String between = new Tid(tids.get(4).value() + 1).toString();
    assertThat(restore("gap-" + store.name(), "--to", between)).isEqualTo(ExitCodes.FAILED);
    assertThat(troika.err()).contains("packed away before it was backed up");
  }

  @Test
  void drop_storageThatHoldsSomething_needsToBeSaidTwice() {
    assertThat(troika.execute("storage", "drop", "-e", node.endpoints(), store.name()))
        .isEqualTo(ExitCodes.USAGE);
    assertThat(troika.err()).contains("has 6 transactions");
    assertThat(troika.execute("storage", "drop", "--yes", "-e", node.endpoints(), store.name()))
        .isEqualTo(ExitCodes.OK);
    assertThat(names()).doesNotContain(store.name());
  }

  @Test
  void quota_refusesWhatIsMore_untilItIsTakenAway() {
    String tooLarge = "x".repeat(3_000);

    assertThat(troika.execute("storage", "quota", "-e", node.endpoints(), store.name(), "2KiB"))
        .isEqualTo(ExitCodes.OK);
    assertThat(troika.out()).contains("2.0 KiB");
    assertThatThrownBy(() -> store.run(tx -> tx.create(tooLarge, Codec.UTF8)))
        .isInstanceOf(QuotaExceededException.class)
        .hasMessageContaining("and a quota of 2048");

    assertThat(troika.execute("storage", "quota", "-e", node.endpoints(), store.name(), "none"))
        .isEqualTo(ExitCodes.OK);
    assertThat(store.<Oid>run(tx -> tx.create(tooLarge, Codec.UTF8))).isNotNull();
    assertThat(troika.execute("storage", "quota", "-e", node.endpoints(), store.name(), "many"))
        .isEqualTo(ExitCodes.USAGE);
    assertThat(troika.err()).contains("expected a size such as 500MiB or 20GiB, found 'many'");
  }

  @Test
  void rename_isKnownByTheNewNameAlone() {
    String name = "renamed-" + store.name();

    assertThat(troika.execute("storage", "rename", "-e", node.endpoints(), store.name(), name))
        .isEqualTo(ExitCodes.OK);

    assertThat(read(name)).isEqualTo("6");
    assertThat(names()).contains(name).doesNotContain(store.name());
    assertThat(troika.execute("storage", "rename", "-e", node.endpoints(), name, "main"))
        .isEqualTo(ExitCodes.FAILED);
    assertThat(troika.err()).contains("'main' is there already");
  }

  private String read(String name) {
    try (TroikaClient fresh = TroikaClient.connect(node.endpoints())) {
      Optional<String> text =
          fresh.store(name).view().find(oid).map(found -> found.data().toUtf8());
      return text.orElse("nothing");
    }
  }

  private List<String> names() {
    return client.admin().storages().stream().map(StorageInfo::name).toList();
  }

  private void backup() {
    assertThat(
            troika.execute(
                "backup", "-e", node.endpoints(), "-s", store.name(), directory.toString()))
        .isEqualTo(ExitCodes.OK);
  }

  private int restore(String name, String... options) {
    return troika.execute(
        Stream.concat(
                Stream.of("restore", "-e", node.endpoints(), "-s", name, directory.toString()),
                Stream.of(options))
            .toArray(String[]::new));
  }
}
