package io.troika.server.front.zeo.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.Bytes;
import io.troika.server.front.zeo.wire.ZeoMessage.Flag;
import java.math.BigInteger;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/** Whatever is written is read as it was, in both encodings. */
final class CodecPropertyTest {
  @Property(tries = 2_000)
  void message_writtenAndRead_isEqual(
      @ForAll ZeoEncoding encoding, @ForAll("messages") ZeoMessage message) {
    byte[] payload = GoldenFrames.encode(encoding, message);
    assertThat(GoldenFrames.decode(encoding, payload)).isEqualTo(message);
  }

  /** Tuples equal lists, so that they are told apart shows in the bytes only. */
  @Property(tries = 2_000)
  void pickle_readAndWritten_keepsTuplesAndLists(@ForAll("values") @Nullable Object value) {
    Bytes pickle = Pickles.dump(value);
    assertThat(Pickles.dump(Pickles.load(pickle))).isEqualTo(pickle);
  }

  @Property(tries = 2_000)
  void room_reserved_isEnough(@ForAll("values") @Nullable Object value) {
    assertThat(Pickles.dump(value).size())
        .isLessThanOrEqualTo((int) MessageShape.roomFor(value) + 16);
  }

  @Provide
  Arbitrary<ZeoMessage> messages() {
    return Combinators.combine(
            values(), Arbitraries.of(Flag.class), Arbitraries.strings().ofMaxLength(40), values())
        .as(ZeoMessage::new);
  }

  @Provide
  Arbitrary<@Nullable Object> values() {
    return values(4);
  }

  private static Arbitrary<@Nullable Object> values(int depthMax) {
    Arbitrary<@Nullable Object> scalars =
        Arbitraries.oneOf(
            Arbitraries.just(false).injectNull(1.0),
            Arbitraries.of(true, false).map(Object.class::cast),
            Arbitraries.longs().map(Object.class::cast),
            Arbitraries.bigIntegers()
                .between(
                    BigInteger.ONE.shiftLeft(63),
                    BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE))
                .map(Object.class::cast),
            Arbitraries.doubles().map(Object.class::cast),
            texts().map(Object.class::cast),
            bytes().map(Object.class::cast));
    if (depthMax == 0) {
      return scalars;
    }
    Arbitrary<@Nullable Object> inner = values(depthMax - 1);
    Arbitrary<@Nullable Object[]> several = inner.array(Object[].class).ofMaxSize(5);
    return Arbitraries.frequencyOf(
        Tuple.of(4, scalars),
        Tuple.of(1, several.map(items -> (Object) Wire.tuple(items))),
        Tuple.of(1, several.map(items -> (Object) Wire.list(items))),
        Tuple.of(1, maps(inner)));
  }

  private static Arbitrary<@Nullable Object> maps(Arbitrary<@Nullable Object> values) {
    Arbitrary<Object> keys = Arbitraries.oneOf(texts(), bytes());
    return Combinators.combine(keys.list().uniqueElements().ofMaxSize(4), values.list().ofSize(4))
        .as(
            (names, items) -> {
              Map<Object, @Nullable Object> map = new LinkedHashMap<>();
              for (int i = 0; i < names.size(); i++) {
                map.put(names.get(i), items.get(i));
              }
              return Collections.unmodifiableMap(map);
            });
  }

  /** Whole characters: half a surrogate pair has no UTF-8. */
  private static Arbitrary<String> texts() {
    return Arbitraries.strings()
        .withCharRange(' ', '\ud7ff')
        .ofMaxLength(300)
        .edgeCases(config -> config.add("", "\ud83d\ude00"));
  }

  private static Arbitrary<Bytes> bytes() {
    return Arbitraries.bytes().array(byte[].class).ofMaxSize(300).map(Bytes::wrap);
  }
}
