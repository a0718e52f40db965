package io.troika.server.front.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A plain client takes 8 KiB of trailers, and a text of the caller may be in them. */
class ErrorTextTest {
  @ParameterizedTest
  @ValueSource(strings = {"a", "ä", "汉", "😀"})
  void shortened_longText_hasWholeCharactersAndFits(String character) {
    String text = ErrorMapping.shortened(character.repeat(5_000));

    assertThat(text.getBytes(UTF_8).length).isBetween(990, 1_003);
    assertThat(text.replace(character, "")).isEqualTo("…");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "short", "汉字"})
  void shortened_shortText_isAsItWas(String text) {
    assertThat(ErrorMapping.shortened(text)).isEqualTo(text);
  }
}
