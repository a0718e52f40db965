package io.troika.server.log;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.model.Bytes;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Log entries to bytes and back. Numbers are big-endian; ids, tids and oids are fixed width.
 *
 * <pre>{@code
 * entry    byte 0      format version, 1
 *               1..8   leader's clock, milliseconds since 1970
 *               9..16  outcome retention, milliseconds
 *              17..20  number of commands, 1 or more
 *              21..    the commands
 *          last 4      CRC32C of all bytes before
 *
 * command  byte 0      kind (see CommandCodec)
 *               1..4   length of the body
 *               5..    body
 * }</pre>
 *
 * <p>The checksum is ours, beside the one of the Raft log, because it goes all the way: from the
 * leader that made the entry to the replica that applies it.
 */
public final class LogEntryCodec {
  private static final int VERSION = 1;
  private static final int CHECKSUM_BYTES = Integer.BYTES;
  private static final String WHAT = "log entry";

  /** What an entry takes beside its commands. */
  public static final int ENTRY_OVERHEAD_BYTES =
      1 + Long.BYTES + Long.BYTES + Integer.BYTES + CHECKSUM_BYTES;

  private LogEntryCodec() {}

  /**
   * What {@code command} adds to the size of an entry; with {@link #ENTRY_OVERHEAD_BYTES} exactly
   * the size of the entry. Cheap: no bytes are made, but it looks at each write.
   *
   * @throws ArithmeticException if the command would take 2 GiB or more
   */
  public static int encodedSize(Command command) {
    return CommandCodec.encodedSize(command);
  }

  /**
   * The entry's bytes in a fresh array; each payload is copied once.
   *
   * @throws ArithmeticException if the entry would take 2 GiB or more
   */
  public static byte[] encode(LogEntry entry) {
    int size = ENTRY_OVERHEAD_BYTES;
    for (Command command : entry.commands()) {
      size = Math.addExact(size, encodedSize(command));
    }
    ByteWriter writer = new ByteWriter(size);
    writer.u8(VERSION).i64(entry.timeMillis()).i64(entry.outcomeRetentionMillis());
    writer.i32(entry.commands().size());
    entry.commands().forEach(command -> CommandCodec.write(writer, command));
    writer.i32(checksum(writer.written()));
    return writer.finish();
  }

  /**
   * Reads an entry. Payloads are not copied: they share the array behind {@code bytes} and keep it
   * alive.
   *
   * @throws CorruptDataException if the bytes are damaged
   * @throws UnknownFormatException if a newer server wrote them
   */
  public static LogEntry decode(Bytes bytes) {
    ByteReader reader = new ByteReader(WHAT, bytes);
    int version = reader.u8();
    if (version != VERSION) {
      throw reader.unknown("format version " + version);
    }
    if (bytes.size() < ENTRY_OVERHEAD_BYTES) {
      throw reader.corrupt("an entry of " + bytes.size() + " bytes");
    }
    Bytes checked = bytes.slice(0, bytes.size() - CHECKSUM_BYTES);
    int expected = new ByteReader(WHAT, bytes.slice(checked.size(), CHECKSUM_BYTES)).i32();
    int found = checksum(checked);
    if (expected != found) {
      throw new CorruptDataException(
          "log entry of %d bytes: checksum 0x%08x, expected 0x%08x"
              .formatted(bytes.size(), found, expected));
    }
    return ByteReader.readWhole(WHAT, checked, LogEntryCodec::read);
  }

  private static LogEntry read(ByteReader reader) {
    reader.u8(); // the version, already looked at
    long timeMillis = reader.i64();
    long retentionMillis = reader.i64();
    List<Command> commands =
        reader.list(CommandCodec.HEADER_BYTES, () -> CommandCodec.read(reader));
    return new LogEntry(timeMillis, retentionMillis, commands);
  }

  private static int checksum(Bytes bytes) {
    CRC32C crc = new CRC32C();
    bytes.read(crc::update);
    return (int) crc.getValue();
  }
}
