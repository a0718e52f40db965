package io.troika.server.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.troika.server.core.model.LogPosition;
import io.troika.server.peer.v1.CheckpointHeader;
import io.troika.server.peer.v1.CheckpointPart;
import io.troika.server.peer.v1.Done;
import io.troika.server.peer.v1.FileEnd;
import io.troika.server.peer.v1.FileStart;
import io.troika.server.peer.v1.Position;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a damaged, broken or hostile peer could send. */
class IncomingCheckpointTest {
  private static final byte[] CONTENT = "content".getBytes(StandardCharsets.UTF_8);
  private static final LogPosition POSITION = new LogPosition(3, 6);

  @TempDir Path parent;
  private Path directory;
  private IncomingCheckpoint incoming;

  @BeforeEach
  void open() throws IOException {
    directory = parent.resolve("incoming");
    incoming = new IncomingCheckpoint(directory);
  }

  @AfterEach
  void close() throws IOException {
    incoming.close();
  }

  @Test
  void accept_wholeCheckpoint_answersItsPosition() throws IOException {
    assertThat(incoming.accept(header(1, 7))).isNull();
    assertThat(incoming.accept(file("a/b", 7))).isNull();
    assertThat(incoming.accept(chunk("cont"))).isNull();
    assertThat(incoming.accept(chunk("ent"))).isNull();
    assertThat(incoming.accept(end(crc(CONTENT)))).isNull();
    assertThat(incoming.accept(done())).isEqualTo(POSITION);
    assertThat(directory.resolve("a/b")).hasBinaryContent(CONTENT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        "../x",
        "a/../../x",
        "/etc/passwd",
        "a//b",
        "a/",
        "/",
        "a\\b",
        "a b",
        "a\nb",
        "a\u0000b",
        "\u00e4",
        "./a",
        "a/./b",
        "~",
        "-/../..",
        "C:x"
      })
  void accept_nameThatIsNone_isRefusedAndNothingIsWritten(String name) throws IOException {
    incoming.accept(header(1, 7));
    assertThatThrownBy(() -> incoming.accept(file(name, 7)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("named a file");
    assertThat(parent).isDirectoryNotContaining(path -> !path.equals(directory));
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void accept_tooLongName_isRefused() throws IOException {
    incoming.accept(header(1, 7));
    assertThatThrownBy(() -> incoming.accept(file("x".repeat(256), 7)))
        .isInstanceOf(IOException.class);
  }

  @Test
  void accept_nameOfALinkThatLeadsOut_replacesTheLink() throws IOException {
    Path outside = Files.write(parent.resolve("outside"), new byte[] {1});
    Files.createSymbolicLink(directory.resolve("a"), outside);
    accept(header(1, 7), file("a", 7), chunk("content"), end(crc(CONTENT)));
    assertThat(outside).hasBinaryContent(new byte[] {1});
  }

  @Test
  void accept_wrongChecksum_isRefusedAndTheFileIsGone() throws IOException {
    accept(header(1, 7), file("a", 7), chunk("c0ntent"));
    assertThatThrownBy(() -> incoming.accept(end(crc(CONTENT))))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("checksum");
    assertThat(directory).isEmptyDirectory();
  }

  /** Sequences that end in a part that must not be believed. */
  static List<List<CheckpointPart>> unfitting() {
    CheckpointPart goodEnd = end(crc(CONTENT));
    return List.of(
        List.of(file("a", 7)),
        List.of(chunk("x")),
        List.of(goodEnd),
        List.of(done()),
        List.of(CheckpointPart.getDefaultInstance()),
        List.of(header(1, 7), header(1, 7)),
        List.of(header(-1, 7)),
        List.of(header(1, -1)),
        List.of(header(1, 7), chunk("x")),
        List.of(header(1, 7), goodEnd),
        List.of(header(1, 7), done()),
        List.of(header(0, 7), file("a", 7)),
        List.of(header(1, 6), file("a", 7)),
        List.of(header(1, 7), file("a", -1)),
        List.of(header(2, 7), file("a", 7), file("b", 0)),
        List.of(header(1, 7), file("a", 7), done()),
        List.of(header(1, 7), file("a", 7), chunk("content!")),
        List.of(header(1, 7), file("a", 7), chunk("cont"), goodEnd),
        List.of(header(2, 7), file("a", 0), end(0), file("a", 0)),
        List.of(header(2, 7), file("a", 7), chunk("content"), goodEnd, file("b", 1)),
        List.of(header(2, 7), file("a", 7), chunk("content"), goodEnd, done()),
        List.of(header(2, 0), file("a", 0), end(0), file("a/b", 0)),
        List.of(header(1, 0), kept("a", 0)));
  }

  @ParameterizedTest
  @MethodSource("unfitting")
  void accept_partThatDoesNotFit_isRefused(List<CheckpointPart> parts) throws IOException {
    for (CheckpointPart part : parts.subList(0, parts.size() - 1)) {
      assertThat(incoming.accept(part)).isNull();
    }
    assertThatThrownBy(() -> incoming.accept(parts.get(parts.size() - 1)))
        .isInstanceOf(IOException.class);
  }

  @Test
  void accept_moreBytesThanTheDiskHasFree_isRefusedBeforeAnyIsWritten() {
    assertThatThrownBy(() -> incoming.accept(header(1, Long.MAX_VALUE)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("free");
  }

  @Test
  void accept_keptFileOfAnotherSize_isRefused() throws IOException {
    Files.write(directory.resolve("a"), CONTENT);
    assertThat(incoming.have()).hasSize(1);
    incoming.accept(header(1, 0));
    assertThatThrownBy(() -> incoming.accept(kept("a", 8))).isInstanceOf(IOException.class);
  }

  @Test
  void have_restOfAnEarlierFetch_isNamedWithSizeAndChecksum() throws IOException {
    Files.createDirectories(directory.resolve("x"));
    Files.write(directory.resolve("x/a"), CONTENT);
    assertThat(incoming.have())
        .singleElement()
        .satisfies(
            entry -> {
              assertThat(entry.getName()).isEqualTo("x/a");
              assertThat(entry.getSizeBytes()).isEqualTo(7);
              assertThat(entry.getCrc32C()).isEqualTo(crc(CONTENT));
            });
    accept(header(1, 0), kept("x/a", 7));
    assertThat(incoming.accept(done())).isEqualTo(POSITION);
    assertThat(directory.resolve("x/a")).hasBinaryContent(CONTENT);
  }

  private void accept(CheckpointPart... parts) throws IOException {
    for (CheckpointPart part : parts) {
      assertThat(incoming.accept(part)).isNull();
    }
  }

  private static CheckpointPart header(int files, long bytes) {
    return CheckpointPart.newBuilder()
        .setHeader(
            CheckpointHeader.newBuilder()
                .setPosition(Position.newBuilder().setTerm(3).setIndex(6))
                .setFileCount(files)
                .setSentBytes(bytes))
        .build();
  }

  private static CheckpointPart file(String name, long size) {
    return CheckpointPart.newBuilder()
        .setFile(FileStart.newBuilder().setName(name).setSizeBytes(size))
        .build();
  }

  private static CheckpointPart kept(String name, long size) {
    return CheckpointPart.newBuilder()
        .setFile(FileStart.newBuilder().setName(name).setSizeBytes(size).setKept(true))
        .build();
  }

  private static CheckpointPart chunk(String text) {
    return CheckpointPart.newBuilder().setChunk(ByteString.copyFromUtf8(text)).build();
  }

  private static CheckpointPart end(int crc32c) {
    return CheckpointPart.newBuilder().setEnd(FileEnd.newBuilder().setCrc32C(crc32c)).build();
  }

  private static CheckpointPart done() {
    return CheckpointPart.newBuilder().setDone(Done.getDefaultInstance()).build();
  }

  private static int crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
