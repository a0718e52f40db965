package io.troika.server.cli.backups;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.troika.client.Bytes;
import io.troika.client.Codec;
import io.troika.client.Job;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.Tid;
import io.troika.client.TroikaClient;
import io.troika.server.cli.TypedCommand;
import io.troika.server.cli.options.ExitCodes;
import io.troika.server.node.OneNode;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What {@code troika backup} prints, and how it ends. */
@Timeout(600)
class BackupCommandTest {
  @TempDir Path directory;

  @RegisterExtension static final OneNode node = new OneNode();

  private ObjectStore store;
  private final TypedCommand troika = new TypedCommand();

  @BeforeEach
  void createStore() {
    store = node.newStore();
  }

  @Test
  void backup_twice_addsOnlyWhatIsNew() {
    Oid oid = store.run(tx -> tx.create("one", Codec.UTF8));
    assertThat(backup()).isEqualTo(ExitCodes.OK);
    assertThat(troika.out()).contains("Chain 1 begins", "Backed up 1 transactions after 0x0");

    Tid last = store.execute(tx -> tx.write(oid, "two", Codec.UTF8));
    assertThat(backup()).isEqualTo(ExitCodes.OK);
    assertThat(troika.out())
        .contains("Backed up 1 transactions after", "up to " + last)
        .doesNotContain("begins");

    assertThat(backup()).isEqualTo(ExitCodes.OK);
    assertThat(troika.out()).contains("Backed up 0 transactions after " + last);
    assertThat(verify()).isEqualTo(ExitCodes.OK);
    assertThat(troika.out()).startsWith("Read 2 segments, 2 transactions, 2 records");
  }

  @Test
  void backup_emptyStorage_isABackup() {
    assertThat(backup()).isEqualTo(ExitCodes.OK);
    assertThat(verify()).isEqualTo(ExitCodes.OK);
    assertThat(list()).isEqualTo(ExitCodes.OK);
    assertThat(troika.out()).contains("storage " + store.name(), "0x0");
  }

  @Test
  void verify_damaged_is4AndNamesFileAndPlace() throws Exception {
    store.run(tx -> tx.create("one", Codec.UTF8));
    assertThat(backup()).isEqualTo(ExitCodes.OK);
    Path segment = directory.resolve("0001-000001.segment");
    byte[] bytes = Files.readAllBytes(segment);
    bytes[bytes.length - 5] ^= 4;
    Files.write(segment, bytes);

    assertThat(verify()).isEqualTo(ExitCodes.NOT_VERIFIED);

    assertThat(troika.out()).contains("damaged: 0001-000001.segment: byte ", "DAMAGED");
  }

  @Test
  void backup_blobs_areCountedEverywhere() {
    store.run(tx -> tx.create("one", Codec.UTF8));
    store.run(
        tx -> tx.createBlob(Bytes.utf8("data"), new ByteArrayInputStream(new byte[] {1, 2, 3})));

    assertThat(backup()).isEqualTo(ExitCodes.OK);
    assertThat(troika.out()).contains("2 records, 1 blobs of 3 B, ");
    assertThat(verify()).isEqualTo(ExitCodes.OK);
    assertThat(troika.out()).contains("2 records, 1 blobs of 3 B, ").contains("all as written");
    assertThat(list("-o", "json")).isEqualTo(ExitCodes.OK);
    assertThat(troika.out()).contains("\"blobs\": 1", "\"blobBytes\": 3");
  }

  @Test
  void backup_doneAndFailed_isAJobThatTheClusterKnows() throws Exception {
    store.run(tx -> tx.create("one", Codec.UTF8));
    assertThat(backup()).isEqualTo(ExitCodes.OK);
    Files.writeString(directory.resolve("MANIFEST"), "no manifest");
    assertThat(backup()).isEqualTo(ExitCodes.FAILED);

    List<Job> jobs;
    try (TroikaClient client = TroikaClient.connect(node.endpoints())) {
      jobs = client.admin().status().jobs();
    }
    assertThat(jobs)
        .filteredOn(job -> job.storage().equals(store.name()) && job.kind().equals("backup"))
        .satisfiesExactly(
            failed -> assertThat(failed.state()).isEqualTo(Job.State.FAILED),
            done -> {
              assertThat(done.state()).isEqualTo(Job.State.SUCCEEDED);
              assertThat(done.done()).isEqualTo(1);
              assertThat(done.by()).contains("@");
            });
  }

  @Test
  void verify_noBackup_is1() {
    assertThat(verify()).isEqualTo(ExitCodes.FAILED);
    assertThat(troika.err()).contains("there is no backup in");
  }

  @Test
  void list_json_namesChainsPointsAndFiles() {
    store.run(tx -> tx.create("one", Codec.UTF8));
    assertThat(backup()).isEqualTo(ExitCodes.OK);

    assertThat(list("-o", "json")).isEqualTo(ExitCodes.OK);

    JsonObject json = JsonParser.parseString(troika.out()).getAsJsonObject();
    assertThat(json.get("storage").getAsString()).isEqualTo(store.name());
    JsonObject chain = json.getAsJsonArray("chains").get(0).getAsJsonObject();
    assertThat(chain.get("uuid").getAsString()).isEqualTo(store.info().uuid().toString());
    assertThat(chain.get("unfinished").getAsBoolean()).isFalse();
    assertThat(chain.getAsJsonArray("points").get(0).getAsJsonObject().get("tid").getAsString())
        .isEqualTo(store.info().lastTid().toString());
    assertThat(chain.getAsJsonArray("segments")).hasSize(1);
  }

  @Test
  void backup_unknownStorage_is1AndLeavesNothing() {
    assertThat(
            troika.execute("backup", "-e", node.endpoints(), "-s", "no-such", directory.toString()))
        .isEqualTo(ExitCodes.FAILED);
    assertThat(troika.err()).contains("no-such");
    assertThat(directory).isEmptyDirectory();
  }

  private int backup() {
    return troika.execute(
        "backup", "-e", node.endpoints(), "-s", store.name(), directory.toString());
  }

  private int verify() {
    return troika.execute("backup", "verify", directory.toString());
  }

  private int list(String... options) {
    return troika.execute(
        Stream.concat(Stream.of("backup", "list", directory.toString()), Stream.of(options))
            .toArray(String[]::new));
  }
}
