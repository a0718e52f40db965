package io.troika.server.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.Blob;
import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.ReadView;
import io.troika.server.core.model.Sha256;
import io.troika.server.filestorage.ZodbPython;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Blobs of the real ZEO client and of the Java client are the same ones. */
@Timeout(600)
class ZeoBlobsTest {
  /** What {@code zodb_blobs.py} calls "one". */
  private static final Oid ONE = new Oid(3);

  @TempDir Path directory;

  @RegisterExtension static final OneNode node = new OneNode();

  private ZodbPython zodb;
  private ObjectStore store;
  private Path file;
  private Path blobs;

  /** A FileStorage with blobs, copied in through ZEO. */
  @BeforeEach
  void copyIn() throws IOException {
    zodb = ZodbPython.require();
    store = node.newStore();
    file = directory.resolve("Data.fs");
    blobs = directory.resolve("Data.fs.blobs");
    zodb.run("zodb_blobs.py", "make", file.toString(), blobs.toString(), "bushy");
    assertThat(copy("in", file, blobs)).isEmpty();
  }

  /** Tids, users, descriptions, extensions, back pointers, blobs. */
  @Test
  void copyThroughZeo_inAndOut_isEqualRecordByRecord() throws IOException {
    assertThat(copy("same", file, blobs)).containsExactly("27 transactions and records are equal");

    Path out = directory.resolve("out.fs");
    Path outBlobs = directory.resolve("out.fs.blobs");
    copy("out", out, outBlobs);

    List<String> expected = dump(file, blobs);
    assertThat(expected).filteredOn(line -> line.contains("\"blob\": \"")).hasSize(9);
    assertThat(dump(out, outBlobs)).isEqualTo(expected);
    zodb.run("zodb_blobs.py", "use", out.toString(), outBlobs.toString());
  }

  @Test
  void blob_ofEitherClient_isReadByTheOther() throws IOException {
    byte[] bytes = new byte[300_000];
    new Random(5).nextBytes(bytes);
    store.run(tx -> tx.writeBlob(ONE, tx.read(ONE), new ByteArrayInputStream(bytes)));

    assertThat(zodb.run("zeo_copy.py", "blob", node.zeoAddresses(), store.name(), ONE.toString()))
        .containsExactly("300000 " + sha256(bytes));

    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    try (ReadView view = store.view()) {
      Blob blob = view.openBlob(ONE);
      assertThat(read(blob.stream())).isEqualTo(reversed);
      assertThat(read(blob.range(131_000, 1_000)))
          .isEqualTo(Arrays.copyOfRange(reversed, 131_000, 132_000));
    }
  }

  private List<String> copy(String command, Path data, Path blobDirectory) throws IOException {
    return zodb.run(
        "zeo_copy.py",
        command,
        data.toString(),
        blobDirectory.toString(),
        node.zeoAddresses(),
        store.name());
  }

  private List<String> dump(Path data, Path blobDirectory) throws IOException {
    return zodb.run("zodb_blobs.py", "dump", data.toString(), blobDirectory.toString());
  }

  private static String sha256(byte[] bytes) {
    return HexFormat.of().formatHex(Sha256.start().digest(bytes));
  }

  private static byte[] read(InputStream stream) throws IOException {
    try (stream) {
      return stream.readAllBytes();
    }
  }
}
