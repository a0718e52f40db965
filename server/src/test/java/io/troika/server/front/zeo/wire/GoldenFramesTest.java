package io.troika.server.front.zeo.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.filestorage.ZodbPython;
import io.troika.server.front.zeo.wire.GoldenFrames.Golden;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Frames as the real ZEO writes them are read, and written again byte for byte. */
final class GoldenFramesTest {
  private static final Oid OID = new Oid(0x2a);
  private static final Tid TID = new Tid(0x03f0a1b2c3d4e5f6L);

  static Stream<Golden> goldenFrames() {
    return Stream.of(ZeoEncoding.values()).flatMap(encoding -> GoldenFrames.of(encoding).stream());
  }

  @ParameterizedTest
  @MethodSource("goldenFrames")
  void frame_readAndWritten_isTheSame(Golden golden) {
    ZeoMessage message = GoldenFrames.decode(golden.encoding(), golden.payload());
    assertThat(GoldenFrames.encode(golden.encoding(), message)).isEqualTo(golden.payload());
  }

  /** Those of msgpack say the same, see below. */
  @Test
  void frames_ofPickle_areWhatTheRealZeoWritesToday() throws IOException {
    List<String> written = ZodbPython.require().run("zeo_frames.py", "pickle");

    List<String> golden =
        GoldenFrames.of(ZeoEncoding.PICKLE).stream()
            .map(
                each ->
                    "%s %s %s"
                        .formatted(
                            each.name(),
                            each.fromClient() ? "client" : "server",
                            HexFormat.of().formatHex(each.payload())))
            .toList();
    assertThat(written).isEqualTo(golden);
  }

  @Test
  void frames_ofBothEncodings_sayTheSame() {
    List<Golden> pickles = GoldenFrames.of(ZeoEncoding.PICKLE);
    List<Golden> msgpacks = GoldenFrames.of(ZeoEncoding.MSGPACK);
    assertThat(pickles).hasSameSizeAs(msgpacks).hasSizeGreaterThan(80);
    for (int i = 0; i < pickles.size(); i++) {
      assertThat(GoldenFrames.decode(ZeoEncoding.PICKLE, pickles.get(i).payload()))
          .as(pickles.get(i).name())
          .isEqualTo(GoldenFrames.decode(ZeoEncoding.MSGPACK, msgpacks.get(i).payload()));
    }
  }

  @ParameterizedTest
  @MethodSource("goldenFrames")
  void frame_hasTheFlagOfItsKind(Golden golden) {
    ZeoMessage message = GoldenFrames.decode(golden.encoding(), golden.payload());
    assertThat(message.isReply()).isEqualTo(golden.name().matches(".*-(reply|error)|keep-alive"));
    assertThat(message.flag() == ZeoMessage.Flag.ERROR).isEqualTo(golden.name().endsWith("-error"));
    assertThat(message.isReply() || message.isOneWay() || golden.fromClient()).isTrue();
  }

  @Test
  void arguments_readByTypedAccess() {
    ZeoMessage message =
        goldenFrames()
            .filter(golden -> golden.name().equals("restorea-absent"))
            .map(golden -> GoldenFrames.decode(golden.encoding(), golden.payload()))
            .findFirst()
            .orElseThrow();
    Args args = Args.of(message).requireSize(5, 5);
    assertThat(args.oid(0, "oid")).isEqualTo(OID);
    assertThat(args.tid(1, "serial")).isEqualTo(new Tid(TID.value() + 1));
    assertThat(args.optionalBytes(2, "data")).isNull();
    assertThat(args.optionalTid(3, "prev_txn")).isNull();
    assertThat(args.longAt(4, "txn")).isEqualTo(140_234_567_890_123L);
  }

  @Test
  void replies_asSessionsMakeThem_areWhatZeoWrites() {
    assertGolden(
        "getInvalidations-nothing-reply",
        ZeoMessage.reply(7L, Wire.tuple(Wire.bytes(TID), Wire.tuple())));
    assertGolden("vote-undone-reply", ZeoMessage.reply(7L, Wire.list(Wire.bytes(OID))));
    assertGolden(
        "POSKeyError-error",
        ZeoMessage.error(7L, "ZODB.POSException.POSKeyError", Wire.tuple(Wire.bytes(OID))));
    assertGolden(
        "receiveBlobStop", ZeoMessage.oneWay("receiveBlobStop", Wire.bytes(OID), Wire.bytes(TID)));
    assertGolden(
        "ReadOnlyError-error",
        ZeoMessage.error(7L, "ZODB.POSException.ReadOnlyError", Wire.tuple()));
    assertGolden(
        "iterator_next-reply",
        ZeoMessage.reply(
            7L,
            Wire.tuple(
                Wire.bytes(TID),
                " ",
                Bytes.utf8("admin"),
                Bytes.utf8("/folder"),
                Map.of("request", "/a/b"))));
  }

  private static void assertGolden(String name, ZeoMessage message) {
    goldenFrames()
        .filter(golden -> golden.name().equals(name))
        .forEach(
            golden ->
                assertThat(GoldenFrames.encode(golden.encoding(), message))
                    .as(golden.toString())
                    .isEqualTo(golden.payload()));
  }
}
