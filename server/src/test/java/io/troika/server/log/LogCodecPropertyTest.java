package io.troika.server.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.model.Bytes;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class LogCodecPropertyTest {
  private static final int CHECKSUM_BYTES = 4;

  @Provide
  Arbitrary<LogEntry> entries() {
    return CommandArbitraries.entries();
  }

  @Provide
  Arbitrary<Outcome> outcomes() {
    return OutcomeArbitraries.outcomes();
  }

  @Provide
  Arbitrary<List<Outcome>> outcomeLists() {
    return OutcomeArbitraries.outcomes().list().ofMaxSize(6);
  }

  @Property
  void entry_encodedAndDecoded_isEqual(@ForAll("entries") LogEntry entry) {
    assertThat(LogEntryCodec.decode(Bytes.wrap(LogEntryCodec.encode(entry)))).isEqualTo(entry);
  }

  @Property(tries = 200)
  void entry_inTheMiddleOfAnArray_isDecoded(@ForAll("entries") LogEntry entry) {
    byte[] encoded = LogEntryCodec.encode(entry);
    byte[] surrounded = new byte[encoded.length + 20];
    System.arraycopy(encoded, 0, surrounded, 7, encoded.length);

    assertThat(LogEntryCodec.decode(Bytes.wrap(surrounded, 7, encoded.length))).isEqualTo(entry);
  }

  @Property(tries = 300)
  void encodedSize_ofCommands_addsUpToTheSizeOfTheEntry(@ForAll("entries") LogEntry entry) {
    int size = LogEntryCodec.ENTRY_OVERHEAD_BYTES;
    for (Command command : entry.commands()) {
      size += LogEntryCodec.encodedSize(command);
    }
    assertThat(LogEntryCodec.encode(entry)).hasSize(size);
  }

  @Property
  void outcome_encodedAndDecoded_isEqual(@ForAll("outcomes") Outcome outcome) {
    byte[] encoded = OutcomeCodec.encode(outcome);

    assertThat(OutcomeCodec.decode(Bytes.wrap(encoded))).isEqualTo(outcome);
    assertThat(encoded).hasSize(OutcomeCodec.encodedSize(outcome));
  }

  @Property(tries = 300)
  void outcomes_encodedAndDecoded_areEqual(@ForAll("outcomeLists") List<Outcome> outcomes) {
    assertThat(OutcomeCodec.decodeAll(Bytes.wrap(OutcomeCodec.encodeAll(outcomes))))
        .isEqualTo(outcomes);
  }

  /** CRC32C finds every change of up to three bits in an entry of this size. */
  @Property(tries = 2_000)
  void entry_withFlippedBits_isRefused(@ForAll("entries") LogEntry entry, @ForAll Random random) {
    byte[] damaged = LogEntryCodec.encode(entry);
    random
        .ints(1 + random.nextInt(3), 0, damaged.length * 8)
        .distinct()
        .forEach(bit -> damaged[bit / 8] ^= (byte) (1 << bit % 8));

    assertThatExceptionOfType(DecodingException.class)
        .isThrownBy(() -> LogEntryCodec.decode(Bytes.wrap(damaged)));
  }

  @Property(tries = 500)
  void entry_cutShort_isRefused(@ForAll("entries") LogEntry entry, @ForAll Random random) {
    byte[] encoded = LogEntryCodec.encode(entry);
    byte[] cut = Arrays.copyOf(encoded, random.nextInt(encoded.length));

    assertThatExceptionOfType(DecodingException.class)
        .isThrownBy(() -> LogEntryCodec.decode(Bytes.wrap(cut)));
  }

  /** With a checksum that fits the damage, so that the parser itself has to stand it. */
  @Property(tries = 10_000)
  void entry_damagedAndSealedAgain_isReadOrRefusedClearly(
      @ForAll("entries") LogEntry entry, @ForAll Random random) {
    byte[] damaged = seal(mutate(LogEntryCodec.encode(entry), random));

    try {
      LogEntry read = LogEntryCodec.decode(Bytes.wrap(damaged));
      assertThat(LogEntryCodec.encode(read)).as("what can be read has one form").isEqualTo(damaged);
    } catch (DecodingException refused) {
      assertThat(refused).hasMessageContaining("log entry");
    }
  }

  @Property(tries = 5_000)
  void outcomes_damaged_areReadOrRefusedClearly(
      @ForAll("outcomeLists") List<Outcome> outcomes, @ForAll Random random) {
    byte[] damaged = mutate(OutcomeCodec.encodeAll(outcomes), random);

    try {
      List<Outcome> read = OutcomeCodec.decodeAll(Bytes.wrap(damaged));
      assertThat(OutcomeCodec.encodeAll(read)).isEqualTo(damaged);
    } catch (DecodingException refused) {
      assertThat(refused).hasMessageContaining("outcome");
    }
  }

  private static byte[] mutate(byte[] bytes, Random random) {
    byte[] mutated = bytes.clone();
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(mutated.length);
      switch (random.nextInt(4)) {
        case 0 -> mutated[at] = (byte) random.nextInt(256);
        case 1 -> mutated[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> mutated[at] = (byte) (random.nextBoolean() ? 0xff : 0x7f);
        default -> mutated = Arrays.copyOf(mutated, Math.max(CHECKSUM_BYTES, at));
      }
    }
    return mutated;
  }

  private static byte[] seal(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, bytes.length - CHECKSUM_BYTES);
    ByteBuffer.wrap(bytes).putInt(bytes.length - CHECKSUM_BYTES, (int) crc.getValue());
    return bytes;
  }
}
