package io.troika.server.log;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.Command.NoOperation;
import io.troika.server.core.command.GroupChange.CreateGroup;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.AccessGrant;
import io.troika.server.core.model.AccessKey;
import io.troika.server.core.model.AccessList;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.GroupCatalog;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.core.model.Permission;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class LogEntryCodecTest {
  private static final int COUNT_AT = 17;
  private static final int KIND_AT = 21;
  private static final int BODY_LENGTH_AT = 22;

  private static byte[] encoded(Command command) {
    return LogEntryCodec.encode(LogSamples.entry(List.of(command)));
  }

  private static LogEntry decodeSealed(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.slice(0, bytes.capacity() - 4));
    bytes.putInt(bytes.capacity() - 4, (int) crc.getValue());
    return LogEntryCodec.decode(Bytes.copyOf(bytes.rewind()));
  }

  @Test
  void decode_nothing_isCorrupt() {
    assertThatExceptionOfType(CorruptDataException.class)
        .isThrownBy(() -> LogEntryCodec.decode(Bytes.EMPTY))
        .withMessage("log entry: 1 bytes expected at byte 0 of 0");
  }

  @Test
  void decode_newerVersion_isUnknownNotCorrupt() {
    byte[] bytes = encoded(new NoOperation());
    bytes[0] = 2;
    assertThatExceptionOfType(UnknownFormatException.class)
        .isThrownBy(() -> LogEntryCodec.decode(Bytes.wrap(bytes)))
        .withMessageContaining("format version 2");
  }

  @Test
  void decode_unknownKindUnderARightChecksum_isUnknownNotCorrupt() {
    ByteBuffer bytes = ByteBuffer.wrap(encoded(new NoOperation())).put(KIND_AT, (byte) 99);
    assertThatExceptionOfType(UnknownFormatException.class)
        .isThrownBy(() -> decodeSealed(bytes))
        .withMessageContaining("kind 99");
  }

  @Test
  void decode_bodyWithBytesLeftOver_isCorrupt() {
    // A no-operation whose body claims nothing, in place of an abandonment's 24 bytes.
    Command abandon = LogSamples.command("abandon");
    ByteBuffer bytes = ByteBuffer.wrap(encoded(abandon)).put(KIND_AT, (byte) 6);
    assertThatExceptionOfType(CorruptDataException.class)
        .isThrownBy(() -> decodeSealed(bytes))
        .withMessageContaining("left over");
  }

  @Test
  void decode_hugeCommandCount_isCorruptAndAllocatesNothing() {
    ByteBuffer bytes = ByteBuffer.wrap(encoded(new NoOperation()));
    bytes.putInt(COUNT_AT, Integer.MAX_VALUE);
    assertThatExceptionOfType(CorruptDataException.class)
        .isThrownBy(() -> decodeSealed(bytes))
        .withMessageContaining("a list of 2147483647 elements");
  }

  @Test
  void decode_hugeBodyLength_isCorruptAndAllocatesNothing() {
    ByteBuffer bytes = ByteBuffer.wrap(encoded(new NoOperation()));
    bytes.putInt(BODY_LENGTH_AT, Integer.MAX_VALUE);
    assertThatExceptionOfType(CorruptDataException.class)
        .isThrownBy(() -> decodeSealed(bytes))
        .withMessageContaining("2147483647 bytes expected");
  }

  @Test
  void decode_negativeBodyLength_isCorrupt() {
    ByteBuffer bytes = ByteBuffer.wrap(encoded(new NoOperation()));
    bytes.putInt(BODY_LENGTH_AT, -1);
    assertThatExceptionOfType(CorruptDataException.class).isThrownBy(() -> decodeSealed(bytes));
  }

  @Test
  void decode_noCommands_isCorrupt() {
    ByteBuffer bytes = ByteBuffer.allocate(LogEntryCodec.ENTRY_OVERHEAD_BYTES);
    bytes.put(0, (byte) 1).putLong(1, 5).putLong(9, 5);
    assertThatExceptionOfType(CorruptDataException.class)
        .isThrownBy(() -> decodeSealed(bytes))
        .withMessageContaining("at least one command");
  }

  @Test
  void decode_nameThatIsNotUtf8_isCorrupt() {
    ByteBuffer bytes =
        ByteBuffer.wrap(encoded(LogSamples.command("create-storage")))
            .put(BODY_LENGTH_AT + 8, (byte) 0xff);
    assertThatExceptionOfType(CorruptDataException.class)
        .isThrownBy(() -> decodeSealed(bytes))
        .withMessageContaining("not UTF-8");
  }

  @Test
  void decode_membersOutOfOrder_isCorrupt() {
    byte[] bytes = encoded(LogSamples.command("create-group"));
    bytes[indexOf("n1", bytes) + 1] = '3';
    assertThatExceptionOfType(CorruptDataException.class)
        .isThrownBy(() -> decodeSealed(ByteBuffer.wrap(bytes)))
        .withMessageContaining("members that are not in their order, each once");
  }

  private static int indexOf(String text, byte[] bytes) {
    int at = new String(bytes, ISO_8859_1).indexOf(text);
    assertThat(at).isPositive();
    return at;
  }

  @Test
  void decode_catalogOutOfOrder_isCorrupt() {
    CreateGroup g1 = (CreateGroup) LogSamples.command("create-group");
    GroupCatalog catalog =
        GroupCatalog.EMPTY
            .with(new GroupInfo("g1", g1.uuid(), 3, g1.members()))
            .with(new GroupInfo("g2", g1.uuid(), 4, g1.members()))
            .placed("s1", "g1")
            .placed("s2", "g1");
    for (String moved : List.of("g1", "s1", "n1")) {
      byte[] bytes = GroupCodec.encode(catalog);
      assertThat(GroupCodec.decode(Bytes.wrap(bytes))).isEqualTo(catalog);
      bytes[indexOf(moved, bytes) + 1] = '3';
      assertThatExceptionOfType(CorruptDataException.class)
          .as(moved)
          .isThrownBy(() -> GroupCodec.decode(Bytes.wrap(bytes)))
          .withMessageContaining("not in their order");
    }
  }

  @Test
  void decode_grantsOutOfOrder_isCorrupt() {
    AccessGrant first = grantTo("c1");
    AccessGrant second = grantTo("c2");
    byte[] bytes = AccessCodec.encode(new AccessList(List.of(first, second)));
    bytes[indexOf("c1", bytes) + 1] = '3';
    assertThatExceptionOfType(CorruptDataException.class)
        .isThrownBy(() -> AccessCodec.decode(Bytes.wrap(bytes)))
        .withMessageContaining("grants that are not in their order");
  }

  private static AccessGrant grantTo(String certificate) {
    return new AccessGrant(
        new AccessKey(AccessKey.Kind.CERTIFICATE, certificate),
        List.of(Permission.READ),
        List.of(),
        0,
        Bytes.EMPTY);
  }

  @Test
  void decode_payload_sharesTheArrayOfTheEntry() {
    byte[] bytes = encoded(LogSamples.command("commit"));
    LogEntry entry = LogEntryCodec.decode(Bytes.wrap(bytes));
    CommitTransaction commit = (CommitTransaction) entry.commands().get(0);
    java.util.Arrays.fill(bytes, (byte) 'x');
    assertThat(commit.writes().get(0).data()).isEqualTo(Bytes.utf8("xxxxx"));
  }

  @Test
  void encode_loneSurrogateInAName_becomesAQuestionMark() {
    Command create = new CreateStorage("a\ud800", new java.util.UUID(1, 2));
    LogEntry entry = LogEntryCodec.decode(Bytes.wrap(encoded(create)));
    assertThat(((CreateStorage) entry.commands().get(0)).name()).isEqualTo("a?");
  }

  @Test
  void decodeTransactionOutcome_anotherOutcome_isCorrupt() {
    Bytes done = Bytes.wrap(OutcomeCodec.encode(new Outcome.Done()));
    assertThatExceptionOfType(CorruptDataException.class)
        .isThrownBy(() -> OutcomeCodec.decodeTransactionOutcome(done));
  }
}
