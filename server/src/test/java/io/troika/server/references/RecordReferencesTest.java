package io.troika.server.references;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.pack.UnreadableReferencesException;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What can be said of a record, and what not: then nothing is said. */
class RecordReferencesTest {
  private static final String CLASS = "\u0080\u0003cmodule\nClass\n.";
  private static final String OID = "C\u0008\0\0\0\0\0\0\0\u0007";
  private static final String RECORD =
      CLASS + "\u0080\u0003}(U\u0001a" + OID + "QU\u0001b(" + OID + "NtQu.";

  @Test
  void references_oidAndOidWithClass_areFound() throws UnreadableReferencesException {
    assertThat(references(RECORD)).containsExactly(new Oid(7), new Oid(7));
  }

  @Test
  void references_oidsAsPython2WroteThem_areFound() throws UnreadableReferencesException {
    assertThat(references(CLASS + "U\u0008\0\0\0\0\0\0\0\u0007Q.")).containsExactly(new Oid(7));
    assertThat(references(CLASS + "(U\u0008\u0080\0\0\0\0\0\0\u0001q\u0005cm\nC\ntQh\u0005Q."))
        .containsExactly(new Oid(0x80000000_00000001L), new Oid(0x80000000_00000001L));
    assertThat(references(CLASS + "S'\\x00\\x00\\x00\\x00\\x00\\x00\\x00a'\nQ."))
        .containsExactly(new Oid('a'));
    assertThat(references(CLASS + "Pabcdefgh\n.")).hasSize(1);
  }

  @Test
  void references_memoOfTheFirstPickle_isThereInTheSecond() throws UnreadableReferencesException {
    assertThat(references("\u0080\u0003" + OID + "q\u0000.\u0080\u0003h\u0000Q."))
        .containsExactly(new Oid(7));
  }

  @Test
  void references_weakAndOfOtherDatabases_areNone() throws UnreadableReferencesException {
    assertThat(references(CLASS + "](U\u0001w" + OID + "\u0085eQ.")).isEmpty();
    assertThat(references(CLASS + "](U\u0001n(U\u0005other" + OID + "teQ.")).isEmpty();
    assertThat(references(CLASS + "](U\u0001m(U\u0005other" + OID + "NteQ.")).isEmpty();
    assertThat(references(CLASS + "]" + OID + "aQ.")).isEmpty();
  }

  @Test
  void references_everyPrefixOfARecord_isRefused() throws UnreadableReferencesException {
    for (int length = 0; length < RECORD.length(); length++) {
      String prefix = RECORD.substring(0, length);
      if (length != CLASS.length()) { // one whole pickle
        assertThatThrownBy(() -> references(prefix))
            .as("%s bytes", length)
            .isInstanceOf(UnreadableReferencesException.class);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "C\u0007\0\0\0\0\0\0\0Q.", // 7 bytes
        "NQ.", // not even bytes
        ")Q.", // an empty tuple
        "N\u0085Q.", // a tuple that begins with something else
        "X\u0008\0\0\0\u00c3\u00a9\u00c3\u00a9\u00c3\u00a9\u00c3\u00a9Q.", // text, not ASCII
        "h\u0001Q.", // not in the memo
        "Q.", // nothing on the stack
        "(NtQ.", // a tuple of None
        "t.", // no mark
        "\u00ff.", // no opcode
        "\u0097." // a buffer from outside
      })
  void references_whatIsNoPersistentId_isRefused(String pickle) {
    assertThatThrownBy(() -> references(CLASS + pickle))
        .isInstanceOf(UnreadableReferencesException.class);
  }

  @Test
  void references_compressedRecord_areThoseOfTheRecord() throws Exception {
    byte[] record = RECORD.getBytes(ISO_8859_1);

    Bytes compressed = compressed(record);

    assertThat(new RecordReferences().references(compressed)).hasSize(2);
    for (int length = 0; length < compressed.size(); length++) {
      Bytes cut = compressed.slice(0, length);
      assertThatThrownBy(() -> new RecordReferences().references(cut))
          .isInstanceOf(UnreadableReferencesException.class);
    }
  }

  @Test
  void references_recordThatInflatesWithoutBound_isRefused() throws Exception {
    Bytes bomb = compressed(new byte[RecordReferences.INFLATED_BYTES_MAX + 1]);

    assertThatThrownBy(() -> new RecordReferences().references(bomb))
        .isInstanceOf(UnreadableReferencesException.class)
        .hasMessageContaining("inflates");
  }

  /** 63 MiB of one opcode, which take 64 KiB as they are stored. */
  @ParameterizedTest
  @CsvSource({
    "28, more than 1048576 values at a time", // MARK
    "5d, more than 1048576 values at a time", // EMPTY_LIST
    "32, more than 1048576 values at a time", // DUP
    "94, memo 2097152, of which there are at most 2097152", // MEMOIZE
  })
  void references_recordThatInflatesToABomb_isRefused(String opcode, String why) throws Exception {
    byte[] record = new byte[63 << 20];
    Arrays.fill(record, (byte) Integer.parseInt(opcode, 16));
    record[0] = 'N';
    Bytes bomb = compressed(record);
    assertThat(bomb.size()).isLessThan(70_000);

    assertThatThrownBy(() -> new RecordReferences().references(bomb))
        .isInstanceOf(UnreadableReferencesException.class)
        .hasMessageContaining(why);
  }

  @Test
  void references_moreThanTheirBound_areRefused() {
    String first = CLASS + OID + "q\u0000Q0";
    String again = "h\u0000Q0".repeat(PickleScanner.REFERENCES_MAX - 1);

    assertThatCode(() -> references(first + again + "N.")).doesNotThrowAnyException();
    assertThatThrownBy(() -> references(first + again + "h\u0000Q0N."))
        .isInstanceOf(UnreadableReferencesException.class)
        .hasMessageContaining("more than 2097152 references");
  }

  @Test
  void references_memoNumberOutOfBounds_isRefused() {
    assertThatThrownBy(() -> references(CLASS + "Nr\u0000\u0000 \u0000."))
        .isInstanceOf(UnreadableReferencesException.class)
        .hasMessageContaining("memo 2097152");
    assertThatThrownBy(
            () -> references(CLASS + "Nr\u0005\u0000\u0000\u0000j\u0003\u0000\u0000\u0000."))
        .isInstanceOf(UnreadableReferencesException.class)
        .hasMessageContaining("memo 3, which was not put");
  }

  @Test
  void references_damagedRecords_areRefusedOrRead() {
    Random random = new Random(42);
    int refused = 0;
    for (int i = 0; i < 50_000; i++) {
      byte[] damaged = RECORD.getBytes(ISO_8859_1);
      for (int j = random.nextInt(4); j >= 0; j--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      try {
        new RecordReferences().references(Bytes.wrap(damaged));
      } catch (UnreadableReferencesException e) {
        refused++;
      }
    }
    assertThat(refused).isBetween(1_000, 50_000);
  }

  private static Bytes compressed(byte[] record) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write('.');
    out.write('z');
    try (DeflaterOutputStream deflater =
        new DeflaterOutputStream(out, new Deflater(Deflater.BEST_COMPRESSION))) {
      deflater.write(record);
    }
    return Bytes.wrap(out.toByteArray());
  }

  private static List<Oid> references(String record) throws UnreadableReferencesException {
    return new RecordReferences().references(Bytes.wrap(record.getBytes(ISO_8859_1)));
  }
}
