package io.troika.server.front.zeo.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.core.model.Bytes;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

final class ArgsTest {
  private final Args args =
      Args.of(ZeoMessage.oneWay("storea", Bytes.wrap(new byte[7]), null, "text", 1L, true, 0.5));

  private static void assertRefused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(ZeoProtocolException.class).hasMessage(message);
  }

  @Test
  void argument_ofAnotherLength_isNamed() {
    assertRefused(
        () -> args.oid(0, "oid"), "storea: argument 0, oid: expected 8 bytes, found 7 bytes");
  }

  @Test
  void argument_ofAnotherType_isNamed() {
    assertRefused(
        () -> args.bytes(2, "data"),
        "storea: argument 2, data: expected bytes, found a text of 4 characters");
    assertRefused(() -> args.text(1, "name"), "storea: argument 1, name: expected text, found nil");
    assertRefused(
        () -> args.longAt(5, "txn"),
        "storea: argument 5, txn: expected an integer of 64 bits, found a floating point number");
    assertRefused(
        () -> args.map(3, "extension"),
        "storea: argument 3, extension: expected a map, found an integer");
  }

  @Test
  void argument_leftOut_isNoneOrRefused() {
    assertThat(args.optionalTid(6, "tid")).isNull();
    assertRefused(
        () -> args.tid(6, "tid"), "storea: argument 6, tid: expected 8 bytes, found 6 arguments");
  }

  @Test
  void tid_above63Bits_isRefused() {
    Args high =
        Args.of(ZeoMessage.oneWay("loadSerial", Bytes.wrap(new byte[] {-1, 0, 0, 0, 0, 0, 0, 1})));
    assertRefused(
        () -> high.tid(0, "serial"),
        "loadSerial: argument 0, serial: expected a tid below 2^63, found 0xff00000000000001");
  }

  @Test
  void arguments_ofAnotherNumber_areRefused() {
    assertRefused(() -> args.requireSize(4, 4), "storea: expected 4 arguments, found 6");
    assertRefused(() -> args.requireSize(1, 3), "storea: expected 1 to 3 arguments, found 6");
  }

  @Test
  void arguments_thatAreNoTuple_areRefused() {
    assertRefused(
        () -> Args.of(ZeoMessage.reply(1L, 5L)),
        ".reply: expected a tuple of arguments, found an integer");
  }
}
