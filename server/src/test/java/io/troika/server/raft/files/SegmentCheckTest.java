package io.troika.server.raft.files;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.core.model.LogPosition;
import io.troika.server.raft.files.SegmentCheck.DamagedLogException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pitfall P4: which damage is a torn tail, and which is not. */
class SegmentCheckTest {
  private static final int FIRST_INDEX = 100;
  private static final int ENTRIES = 20;
  private static final int PREALLOCATED = 64 << 10;

  @TempDir Path group;
  private final SegmentCheck check = new SegmentCheck(1 << 20);
  private final List<Integer> offsets = new ArrayList<>();
  private byte[] sound = {};
  private Path open = Path.of("");

  @BeforeEach
  void writeSegment() throws IOException {
    Random random = new Random(4);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("RaftLog1".getBytes(US_ASCII));
    for (int i = 0; i < ENTRIES; i++) {
      offsets.add(out.size());
      byte[] payload = new byte[random.nextInt(700)];
      random.nextBytes(payload);
      out.writeBytes(frame(3, FIRST_INDEX + i, payload));
    }
    offsets.add(out.size());
    sound = Arrays.copyOf(out.toByteArray(), PREALLOCATED);
    Files.createDirectories(group.resolve("current"));
    open = group.resolve("current").resolve("log_inprogress_" + FIRST_INDEX);
    Files.write(open, sound);
  }

  private static byte[] frame(long term, long index, byte[] payload) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    LogEntryProto.newBuilder()
        .setTerm(term)
        .setIndex(index)
        .setStateMachineLogEntry(
            StateMachineLogEntryProto.newBuilder().setLogData(ByteString.copyFrom(payload)))
        .build()
        .writeDelimitedTo(out);
    CRC32C checksum = new CRC32C();
    checksum.update(out.toByteArray());
    out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt((int) checksum.getValue()).array());
    return out.toByteArray();
  }

  @Test
  void repairTail_soundSegment_isLeftAlone() throws Exception {
    check.repairTail(group);

    assertThat(Files.readAllBytes(open)).isEqualTo(sound);
  }

  @Test
  void repairTail_noDirectoryYet_isFine() {
    assertThatCode(() -> check.repairTail(group.resolve("none"))).doesNotThrowAnyException();
  }

  @Test
  void repairTail_writtenUpToAnyByte_keepsTheWholeEntriesBefore() throws Exception {
    for (int written = 8; written < offsets.get(ENTRIES); written += 7) {
      byte[] torn = Arrays.copyOf(Arrays.copyOf(sound, written), PREALLOCATED);
      Files.write(open, torn);

      check.repairTail(group);

      int whole = lastWholeEntryEnd(written);
      byte[] left = Files.readAllBytes(open);
      assertThat(Arrays.copyOf(left, whole)).isEqualTo(Arrays.copyOf(sound, whole));
      // Either cut there, or the rest is the zeros that Ratis expects.
      assertThat(left.length == whole || isZero(left, whole)).as("written %s", written).isTrue();
    }
  }

  private int lastWholeEntryEnd(int written) {
    return offsets.stream().filter(offset -> offset <= written).max(Integer::compare).orElseThrow();
  }

  private static boolean isZero(byte[] bytes, int from) {
    for (int i = from; i < bytes.length; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }

  @Test
  void repairTail_noiseAfterTheLastEntry_isCut() throws Exception {
    byte[] torn = sound.clone();
    byte[] noise = new byte[5_000];
    new Random(9).nextBytes(noise);
    System.arraycopy(noise, 0, torn, offsets.get(ENTRIES), noise.length);
    Files.write(open, torn);

    check.repairTail(group);

    assertThat(Files.size(open)).isEqualTo((long) offsets.get(ENTRIES));
  }

  @Test
  void repairTail_anyBitFlippedBeforeTheLastEntry_refuses() throws Exception {
    Random random = new Random(5);
    for (int i = 0; i < 300; i++) {
      int at = 8 + random.nextInt(offsets.get(ENTRIES - 1) - 8);
      byte[] flipped = sound.clone();
      flipped[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(open, flipped);

      assertThatThrownBy(() -> check.repairTail(group))
          .as("flipped at %s", at)
          .isInstanceOf(DamagedLogException.class)
          .hasMessageContaining(open.toString())
          .hasMessageContaining("offset " + lastWholeEntryEnd(at));
      assertThat(Files.readAllBytes(open)).isEqualTo(flipped);
    }
  }

  @Test
  void repairTail_zerosInTheMiddle_refuses() throws Exception {
    byte[] holed = sound.clone();
    Arrays.fill(holed, offsets.get(5), offsets.get(6), (byte) 0);
    Files.write(open, holed);

    assertThatThrownBy(() -> check.repairTail(group))
        .isInstanceOf(DamagedLogException.class)
        .hasMessageContaining("offset " + offsets.get(5));
  }

  @Test
  void repairTail_remainsOfAnOlderFile_areCut() throws Exception {
    // An entry of a lower term and index behind the torn one: not one of ours.
    byte[] torn = Arrays.copyOf(Arrays.copyOf(sound, offsets.get(4) + 3), PREALLOCATED);
    byte[] old = frame(2, 50, new byte[20]);
    System.arraycopy(old, 0, torn, offsets.get(7), old.length);
    Files.write(open, torn);

    check.repairTail(group);

    assertThat(Files.size(open)).isEqualTo((long) offsets.get(4));
  }

  @Test
  void repairTail_headerOverwritten_refuses() throws Exception {
    byte[] damaged = sound.clone();
    damaged[3] ^= 1;
    Files.write(open, damaged);

    assertThatThrownBy(() -> check.repairTail(group))
        .isInstanceOf(DamagedLogException.class)
        .hasMessageContaining("header");
  }

  @Test
  void reportDamage_closedSegmentCutShort_isNamed() throws Exception {
    Path closed = group.resolve("current").resolve("log_100-119");
    Files.move(open, closed);
    byte[] cut = Arrays.copyOf(sound, offsets.get(10) + 4);
    Files.write(closed, cut);

    assertThatThrownBy(() -> check.reportDamage(group))
        .isInstanceOf(DamagedLogException.class)
        .hasMessageContaining("log_100-119")
        .hasMessageContaining("offset " + offsets.get(10));
  }

  @Test
  void lastEntry_openSegment_isItsLast() throws Exception {
    Files.write(closed(0, 99), "RaftLog1".getBytes(US_ASCII));

    assertThat(check.lastEntry(group)).isEqualTo(new LogPosition(3, FIRST_INDEX + ENTRIES - 1));
  }

  /** A segment is made before its first entry; names don't sort as numbers do. */
  @Test
  void lastEntry_openSegmentIsEmpty_isTheLastOfTheClosedOneBefore() throws Exception {
    Files.move(open, closed(FIRST_INDEX, FIRST_INDEX + ENTRIES - 1));
    Files.write(closed(99, 99), segment(frame(2, 99, new byte[10])));
    Files.write(open.resolveSibling("log_inprogress_120"), "RaftLog1".getBytes(US_ASCII));

    assertThat(check.lastEntry(group)).isEqualTo(new LogPosition(3, FIRST_INDEX + ENTRIES - 1));
  }

  @Test
  void lastEntry_noLogOrNoEntry_isNone() throws Exception {
    assertThat(check.lastEntry(group.resolve("none"))).isEqualTo(LogPosition.NONE);
    Files.write(open, Arrays.copyOf("RaftLog1".getBytes(US_ASCII), PREALLOCATED));

    assertThat(check.lastEntry(group)).isEqualTo(LogPosition.NONE);
  }

  private Path closed(int first, int last) {
    return open.resolveSibling("log_" + first + "-" + last);
  }

  private static byte[] segment(byte[] frame) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("RaftLog1".getBytes(US_ASCII));
    out.writeBytes(frame);
    return out.toByteArray();
  }
}
