package io.troika.server.front.zeo.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.troika.server.front.zeo.wire.GoldenFrames.Golden;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever a client sends is a message or a {@link ZeoProtocolException}, and costs little. */
final class MalformedPayloadsTest {
  private static final int PAYLOADS = 100_000;
  private static final long SEED = 4_711;

  /** For values, the message of the exception and its stack, beside a multiple of the payload. */
  private static final long ALLOCATED_BYTES_MAX = 256 << 10;

  private static final int ALLOCATED_BYTES_PER_BYTE_MAX = 200;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Loads the classes, which allocates too. */
  @BeforeAll
  static void readFramesOnce() {
    for (ZeoEncoding encoding : ZeoEncoding.values()) {
      GoldenFrames.of(encoding).forEach(each -> GoldenFrames.decode(encoding, each.payload()));
      assertThatThrownBy(() -> GoldenFrames.decode(encoding, new byte[1]))
          .isInstanceOf(ZeoProtocolException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void payloads_mutated_areMessagesOrRefused(ZeoEncoding encoding) {
    List<Golden> golden = GoldenFrames.of(encoding);
    Random random = new Random(SEED);
    int refused = 0;
    for (int i = 0; i < PAYLOADS; i++) {
      byte[] payload = mutated(golden.get(random.nextInt(golden.size())).payload(), random);
      refused += isRefused(encoding, payload) ? 1 : 0;
    }
    assertThat(refused).isBetween(PAYLOADS / 4, PAYLOADS - 1);
  }

  @ParameterizedTest
  @EnumSource
  void payloads_ofRandomBytes_areRefused(ZeoEncoding encoding) {
    Random random = new Random(SEED);
    for (int i = 0; i < PAYLOADS; i++) {
      byte[] payload = new byte[random.nextInt(200)];
      random.nextBytes(payload);
      assertThat(isRefused(encoding, payload)).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void payloads_cutShortAnywhere_areRefused(ZeoEncoding encoding) {
    for (Golden golden : GoldenFrames.of(encoding)) {
      for (int size = 0; size < golden.payload().length; size++) {
        assertThat(isRefused(encoding, Arrays.copyOf(golden.payload(), size)))
            .as("%s cut to %d bytes", golden, size)
            .isTrue();
      }
      byte[] longer = Arrays.copyOf(golden.payload(), golden.payload().length + 1);
      assertThat(isRefused(encoding, longer)).as("%s and a byte", golden).isTrue();
    }
  }

  /** Decodes; fails unless that ends as it should and allocates little. */
  private boolean isRefused(ZeoEncoding encoding, byte[] payload) {
    ZeoCodec codec = ZeoCodec.of(encoding);
    long before = threads.getCurrentThreadAllocatedBytes();
    boolean refused = false;
    try {
      codec.decode(payload);
    } catch (ZeoProtocolException e) {
      refused = true;
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(allocated)
        .as(
            "bytes allocated for %s",
            HexFormat.of().formatHex(payload, 0, Math.min(payload.length, 300)))
        .isLessThan(ALLOCATED_BYTES_MAX + (long) ALLOCATED_BYTES_PER_BYTE_MAX * payload.length);
    return refused;
  }

  private static byte[] mutated(byte[] payload, Random random) {
    byte[] bytes = payload.clone();
    for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(5)) {
        case 0 -> bytes[at] = (byte) random.nextInt();
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> bytes[at] = (byte) 0xff;
        case 3 -> bytes = Arrays.copyOf(bytes, at + 1);
        default ->
            System.arraycopy(
                payload, 0, bytes, at, Math.min(bytes.length - at, random.nextInt(20)));
      }
    }
    return bytes;
  }

  // ---- One by one

  @ParameterizedTest
  @CsvSource({
    // A class by its name, called with an argument: what makes pickles dangerous.
    "'800363706f7369780a73797374656d0a580200000069648552 2e', 'byte 2: expected data only, found"
        + " opcode 0x63, the name of a class or function'",
    "'80034e4e52 2e', 'byte 4: expected data only, found opcode 0x52, the making of an object'",
    "'80034e622e', 'byte 3: expected data only, found opcode 0x62, the making of an object'",
    "'80034e512e', 'byte 3: expected data only, found opcode 0x51, a persistent reference'",
    "'80ff4e2e', 'byte 0: expected a pickle protocol up to 5, found 255'",
    "'80032e', 'byte 2: expected one value at the end, found 0 and 0 marks'",
    "'80034e4e2e', 'byte 4: expected one value at the end, found 2 and 0 marks'",
    "'8003284e2e', 'byte 4: expected one value at the end, found 1 and 1 marks'",
    "'80034e2e00', 'byte 3: expected the end, found more bytes'",
    "'800342ffffffff', 'byte 2: expected a length of at most 0, found 4294967295'",
    "'80035800000080', 'byte 2: expected a length of at most 0, found 2147483648'",
    "'80038effffffffffffffff', 'byte 2: expected a length of at most 0, found"
        + " 18446744073709551615'",
    "'800354ffffffff2e', 'byte 2: expected a length of at most 1, found 18446744073709551615'",
    "'80038b00010000', 'byte 2: expected a length of at most 0, found 256'",
    "'80036805', 'byte 2: expected a value in the memo at 5, found none'",
    "'80035d71006800', 'byte 5: expected a short text or bytes in the memo, found a list of 0'",
    "'80034e4e61', 'byte 4: expected a list to append to, found nil'",
    "'8003284e61', 'byte 4: expected a container on the stack, found none'",
    "'80037d4b014e73', 'byte 6: the key of a map: expected text or bytes, found an integer'",
    "'80037d284e75', 'byte 5: expected a map and pairs of a key and a value, found a map of 0 and 1"
        + " values'",
    "'8003742e', 'byte 2: expected a mark, found none'",
    "'8003862e', 'byte 2: expected 2 values on the stack, found 0'",
    "'80034301', 'byte 2: expected a length of at most 0, found 1'",
    "'800358010000 00ff2e', 'byte 2: expected text in UTF-8 in the 1 bytes from byte 7 on, found"
        + " other bytes'",
  })
  void pickle_thatIsNone_isRefusedAtItsByte(String hex, String message) {
    byte[] pickle = HexFormat.of().parseHex(hex.replace(" ", ""));
    assertThatThrownBy(() -> new PickleReader(pickle).read())
        .isInstanceOf(ZeoProtocolException.class)
        .hasMessage("pickle of %d bytes, %s", pickle.length, message);
  }

  @ParameterizedTest
  @CsvSource({
    "ddffffffff, 'byte 5: expected a value, found a length of 4294967295'",
    "dd7fffffff, 'byte 5: expected at most 0 elements, found 2147483647'",
    "df40000000c0c0c0, 'byte 5: expected at most 1 elements, found 1073741824'",
    "c6ffffffff, 'byte 5: expected a value, found a length of 4294967295'",
    "db7fffffff, 'byte 5: expected a length of at most 0, found 2147483647'",
    "81c0c0, 'byte 2: the key of a map: expected text or bytes, found nil'",
    "93c0c0, 'byte 1: expected at most 2 elements, found 3'",
    "92c091, 'byte 3: expected at most 0 elements, found 1'",
    "cb00, 'byte 1: expected a value, found the end'",
    "c0c0, 'byte 1: expected the end, found more bytes'",
    "a1ff, 'byte 2: expected text in UTF-8 in the 1 bytes from byte 1 on, found other bytes'",
  })
  void msgpack_thatIsNone_isRefusedAtItsByte(String hex, String message) {
    byte[] payload = HexFormat.of().parseHex(hex);
    assertThatThrownBy(() -> new MsgpackReader(payload).read())
        .isInstanceOf(ZeoProtocolException.class)
        .hasMessage("msgpack of %d bytes, %s", payload.length, message);
  }

  @ParameterizedTest
  @CsvSource({"c1", "d400ff", "c7010500", "''"})
  void msgpack_ofAnotherKind_isRefused(String hex) {
    assertThat(isRefused(ZeoEncoding.MSGPACK, HexFormat.of().parseHex(hex))).isTrue();
  }

  // ---- Bombs

  @Test
  void pickle_nestedTooDeep_isRefused() {
    assertBomb(
        pickle(repeat("5d", 1_000_000), repeat("61", 999_999), "2e"), "at most 100000 values");
    assertBomb(pickle(repeat("5d", 90_000), repeat("61", 89_999), "2e"), "at most 64 deep");
    assertBomb(pickle(repeat("28", 90_000), repeat("74", 90_000), "2e"), "at most 64 deep");
    assertBomb(pickle("29", repeat("85", 90_000), "2e"), "at most 64 deep");
    assertThat(isRefused(ZeoEncoding.PICKLE, pickle("29", repeat("85", 64), "2e"))).isTrue();
    assertThat(new PickleReader(pickle("29", repeat("85", 63), "2e")).read()).isNotNull();
  }

  @Test
  void pickle_ofTooManyValues_isRefused() {
    assertBomb(pickle("28", repeat("4e", 1_000_000), "742e"), "at most 100000 values");
    assertBomb(pickle("28", repeat("7d", 1_000_000), "742e"), "at most 100000 values");
  }

  @Test
  void pickle_namingOneValueOften_isRefused() {
    // 60,000 bytes, put away and named 50,000 times: 3 GB if it were written out.
    byte[] data = new byte[60_000];
    byte[] bomb =
        pickle(
            "28",
            "4260ea0000",
            HexFormat.of().formatHex(data),
            "7100",
            repeat("6800", 50_000),
            "742e");
    assertBomb(bomb, "expected a short text or bytes in the memo, found 60000 bytes");
  }

  @Test
  void pickle_doublingByTheMemo_isRefused() {
    assertBomb(pickle("4e71", "00", repeat("6800867100", 40), "2e"), "found a tuple of 2");
  }

  @Test
  void pickle_fillingTheMemo_isRefused() {
    ByteArrayOutputStream pickle = new ByteArrayOutputStream();
    pickle.writeBytes(pickle("4e"));
    for (int i = 0; i < 200_000; i++) {
      pickle.writeBytes(new byte[] {0x72, (byte) i, (byte) (i >> 8), (byte) (i >> 16), 0});
    }
    assertBomb(pickle.toByteArray(), "a memo of at most 100000 values");
  }

  @Test
  void msgpack_nestedTooDeep_isRefused() {
    byte[] arrays = new byte[1_000_000];
    Arrays.fill(arrays, (byte) 0x91);
    assertBombOf(ZeoEncoding.MSGPACK, arrays, "at most 64 deep");
    // Each level promises 60,000 more: only the first may have them.
    byte[] wide = new byte[200_000];
    for (int i = 0; i < 60 * 3; i += 3) {
      wide[i] = (byte) 0xdc;
      wide[i + 1] = (byte) 0xea;
      wide[i + 2] = (byte) 0x60;
    }
    assertBombOf(ZeoEncoding.MSGPACK, wide, "expected at most 40000 elements, found 60000");
  }

  private void assertBomb(byte[] payload, String message) {
    assertBombOf(ZeoEncoding.PICKLE, payload, message);
  }

  private void assertBombOf(ZeoEncoding encoding, byte[] payload, String message) {
    assertThat(isRefused(encoding, payload.clone())).isTrue();
    assertThatThrownBy(() -> ZeoCodec.of(encoding).decode(payload))
        .isInstanceOf(ZeoProtocolException.class)
        .hasMessageContaining(message);
  }

  private static byte[] pickle(String... hex) {
    return HexFormat.of().parseHex("8003" + String.join("", hex));
  }

  private static String repeat(String hex, int count) {
    return hex.repeat(count);
  }
}
