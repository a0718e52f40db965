package io.troika.server.cli.imports;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.client.Oid;
import io.troika.client.Tid;
import io.troika.server.core.model.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileBlobsTest {
  private static final Oid OID = new Oid(0x12a);
  private static final Tid TID = new Tid(0x03f0a1b2c3d4e5f6L);

  @TempDir Path directory;

  private static Bytes record(String module, String name) {
    String pickle = "\u0080\u0003c" + module + "\n" + name + "\nq\u0001.\u0080\u0003N.";
    return Bytes.wrap(pickle.getBytes(ISO_8859_1));
  }

  private static Bytes blobRecord() {
    return record("ZODB.blob", "Blob");
  }

  private FileBlobs blobs(boolean mayBeMissing) throws IOException {
    return FileBlobs.in(directory, mayBeMissing);
  }

  @ParameterizedTest
  @CsvSource({"bushy,0x00/0x00/0x00/0x00/0x00/0x00/0x01/0x2a", "lawn,0x012a"})
  void of_fileInItsPlace_isTheBlob(String layout, String place) throws Exception {
    Files.writeString(directory.resolve(".layout"), layout);
    Path ofObject = Files.createDirectories(directory.resolve(place));
    Files.writeString(ofObject.resolve("0x03f0a1b2c3d4e5f6.blob"), "picture");

    try (var bytes = blobs(false).of(OID, TID, blobRecord()).orElseThrow().open()) {
      assertThat(new String(bytes.readAllBytes(), ISO_8859_1)).isEqualTo("picture");
    }
    assertThat(blobs(false).of(OID, TID, record("app", "Picture")))
        .as("a record of any class may have one")
        .isPresent();
  }

  @Test
  void of_fileIsMissing_isRefusedByItsPath() throws Exception {
    assertThatThrownBy(() -> blobs(false).of(OID, TID, blobRecord()))
        .isInstanceOf(ImportException.class)
        .hasMessageContaining("object " + OID + " of transaction " + TID + " is a blob")
        .hasMessageContaining("0x01/0x2a/0x03f0a1b2c3d4e5f6.blob is not there");
    assertThat(blobs(true).of(OID, TID, blobRecord())).isEmpty();
  }

  @Test
  void of_fileIsMissingAndTheRecordIsCompressed_isRefused() throws Exception {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    compressed.writeBytes(".z".getBytes(ISO_8859_1));
    try (DeflaterOutputStream deflated = new DeflaterOutputStream(compressed)) {
      deflated.write(blobRecord().toByteArray());
    }

    assertThatThrownBy(() -> blobs(false).of(OID, TID, Bytes.wrap(compressed.toByteArray())))
        .isInstanceOf(ImportException.class);
  }

  @Test
  void of_recordOfAnotherClass_isNotMissed() throws Exception {
    assertThat(blobs(false).of(OID, TID, record("ZODB.app", "Blob"))).isEmpty();
  }
}
