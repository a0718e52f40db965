package io.troika.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.statistics.Statistics;

/** A node that is told nonsense says so; it never ends with a stack trace. */
class MalformedConfigPropertyTest {
  private static final String[] TOKENS = {
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\"\"\"",
    "=",
    ":",
    "+=",
    ",",
    "\n",
    "#",
    "//",
    "${",
    "${?HOME}",
    "${raft}",
    "null",
    "true",
    "-1",
    "0",
    "1e400",
    "9223372036854775808",
    "1.5",
    "NaN",
    "include ",
    "\\u0000",
    "\\",
    "\u0000",
    "\ud800",
    "é",
    "ms",
    "GiB",
    "∞",
    "node-id",
    "members",
    "raft",
    "raft.",
    ".",
    "..",
    "limits { limits {",
    "= {}",
    "= []",
    "= null",
    "url(\"http://127.0.0.1:1/\")",
    " d",
    "-",
    "a:b:c",
  };

  /**
   * Without its comments, most of its length: what is changed then is a key, a value or a bracket.
   */
  private static final String REFERENCE =
      ConfigText.reference()
          .lines()
          .filter(line -> !line.strip().startsWith("#"))
          .collect(Collectors.joining("\n"));

  @Property(tries = 20_000, shrinking = ShrinkingMode.OFF)
  void parse_mutatedReference_isValidOrNamesWhatIsWrong(@ForAll long seed) {
    Random random = new Random(seed);
    String text = mutate(REFERENCE, random);
    String answer;
    try {
      NodeConfig config = NodeConfigLoader.parse(text);
      assertThat(NodeConfigLoader.parse(NodeConfigLoader.render(config))).isEqualTo(config);
      answer = "valid";
    } catch (NodeConfigException e) {
      assertThat(e.getMessage()).isNotBlank().hasSizeLessThan(1_000);
      answer = "refused";
    }
    Statistics.collect(answer);
  }

  private static String mutate(String text, Random random) {
    StringBuilder mutated = new StringBuilder(text);
    int mutations = 1 + random.nextInt(4);
    for (int i = 0; i < mutations; i++) {
      mutateOnce(mutated, random);
    }
    return mutated.toString();
  }

  private static void mutateOnce(StringBuilder text, Random random) {
    int at = random.nextInt(text.length());
    int end = Math.min(text.length(), at + 1 + random.nextInt(40));
    String token = TOKENS[random.nextInt(TOKENS.length)];
    switch (random.nextInt(6)) {
      case 0 -> text.setCharAt(at, (char) random.nextInt(0x180));
      case 1 -> text.delete(at, end);
      case 2 -> text.insert(at, text.substring(at, end));
      case 3 -> text.insert(at, token);
      case 4 -> replaceValue(text, at, token);
      default -> text.insert(at, token.repeat(1 + random.nextInt(50)));
    }
  }

  /** Replaces what follows the next equals sign, up to the end of its line. */
  private static void replaceValue(StringBuilder text, int from, String value) {
    int equals = text.indexOf("=", from);
    if (equals >= 0) {
      int end = text.indexOf("\n", equals);
      text.replace(equals + 1, end < 0 ? text.length() : end, value);
    }
  }
}
