package io.troika.server.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * One key of the configuration with a number, or one of a few words, which then counts as its place
 * among them: where it stands, what it may be, what it means.
 *
 * @param path of the key, such as {@code raft.entry-size-max}
 * @param min smallest value, in the base unit (a count, bytes, or milliseconds)
 * @param max largest value
 * @param current reads the value from a configuration, for printing
 * @param description one or two sentences for the reference
 * @param words what it may be, if it is no number
 */
record Setting(
    String path,
    Unit unit,
    long min,
    long max,
    ToLongFunction<NodeConfig> current,
    String description,
    List<String> words) {
  static final long KIB = 1L << 10;
  static final long MIB = 1L << 20;
  static final long GIB = 1L << 30;
  static final long SECOND = 1_000;
  static final long MINUTE = 60 * SECOND;
  static final long DAY = 24 * 60 * MINUTE;

  /** A number. */
  Setting(
      String path,
      Unit unit,
      long min,
      long max,
      ToLongFunction<NodeConfig> current,
      String description) {
    this(path, unit, min, max, current, description, List.of());
  }

  /** One of {@code words}. */
  static Setting ofWords(
      String path, List<String> words, ToLongFunction<NodeConfig> current, String description) {
    return new Setting(path, Unit.WORD, 0, words.size() - 1, current, description, words);
  }

  private static final List<String> SIZES = List.of("GiB", "MiB", "KiB", "B");
  private static final List<String> TIMES = List.of("d", "h", "m", "s", "ms");

  /** What a number counts, and how it is read and written. */
  enum Unit {
    COUNT("a number"),
    BYTES("a size"),
    MILLIS("a duration"),
    WORD("one of");

    private final String noun;

    Unit(String noun) {
      this.noun = noun;
    }

    String render(long value) {
      return switch (this) {
        case COUNT, WORD -> Long.toString(value);
        case BYTES -> withLargest(value, new long[] {GIB, MIB, KIB, 1}, SIZES);
        case MILLIS -> withLargest(value, new long[] {DAY, 60 * MINUTE, MINUTE, SECOND, 1}, TIMES);
      };
    }

    /** The largest unit that divides the value: what is printed must load as exactly the same. */
    private static String withLargest(long value, long[] units, List<String> names) {
      int i = 0;
      while (value == 0 ? units[i] != 1 : value % units[i] != 0) {
        i++;
      }
      return value / units[i] + " " + names.get(i);
    }
  }

  /** The key as an environment variable. */
  String variable() {
    return variableOf(path);
  }

  static String variableOf(String path) {
    return "TROIKA_" + path.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  String render(NodeConfig config) {
    long value = current.applyAsLong(config);
    return unit == Unit.WORD ? words.get(Math.toIntExact(value)) : unit.render(value);
  }

  String expected() {
    return unit == Unit.WORD
        ? unit.noun + " " + String.join(", ", words)
        : unit.noun + " from " + unit.render(min) + " to " + unit.render(max);
  }

  /** The value in {@code config}, else that of {@code defaults}. */
  long read(Config config, NodeConfig defaults) {
    // Not Config.getValue, which takes null for a missing key.
    int dot = path.indexOf('.');
    ConfigValue section = config.root().get(path.substring(0, dot));
    ConfigValue value =
        section instanceof ConfigObject keys ? keys.get(path.substring(dot + 1)) : null;
    if (value == null) {
      return current.applyAsLong(defaults);
    }
    long number;
    try {
      number = parse(config, value);
    } catch (ConfigException | ArithmeticException | IllegalArgumentException e) {
      throw wrong(value, e);
    }
    if (number < min || number > max) {
      throw wrong(value, null);
    }
    return number;
  }

  private long parse(Config config, ConfigValue value) {
    if (unit == Unit.WORD) {
      return words.indexOf(String.valueOf(value.unwrapped())); // -1 is out of range
    }
    if (value.valueType() != ConfigValueType.NUMBER
        && value.valueType() != ConfigValueType.STRING) {
      throw wrong(value, null);
    }
    return switch (unit) {
      case COUNT -> {
        String text = String.valueOf(value.unwrapped());
        if (!text.matches("[0-9]{1,18}")) {
          throw wrong(value, null);
        }
        yield Long.parseLong(text);
      }
      case BYTES -> config.getMemorySize(path).toBytesBigInteger().longValueExact();
      case MILLIS -> {
        Duration duration = config.getDuration(path);
        if (duration.toNanosPart() % 1_000_000 != 0) {
          throw wrong(value, null);
        }
        yield duration.toMillis();
      }
      case WORD -> throw new IllegalStateException("words are no numbers");
    };
  }

  private NodeConfigException wrong(ConfigValue value, @Nullable Throwable cause) {
    return new NodeConfigException(ConfigText.wrongValue(path, expected(), value), cause);
  }
}
