package io.troika.server.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigValueFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a node's configuration: a HOCON file, over it environment variables, over them flags. A key
 * that is not known, a value out of its range and two keys that contradict each other are errors.
 *
 * <p>{@code ${?NAME}} in the file reads an environment variable; {@code include} is refused, so
 * that what a node was told stands in one place.
 */
public final class NodeConfigLoader {
  private static final long FILE_BYTES_MAX = 1 << 20;
  private static final int NESTING_MAX = 32;
  private static final int MESSAGE_LENGTH_MAX = 300;
  private static final String PREFIX = "TROIKA_";

  /** Read by other parts: the command line tool and the launcher. */
  private static final Set<String> OTHER_VARIABLES =
      Set.of(
          "TROIKA_CLIENT_TLS",
          "TROIKA_ENDPOINTS",
          "TROIKA_JAVA_OPTS",
          "TROIKA_LOG_FORMAT",
          "TROIKA_LOG_LEVEL",
          "TROIKA_STACK_TRACES",
          "TROIKA_TOKEN");

  /** What Kubernetes puts into every pod when a service is called "troika" or "troika-…". */
  private static final Pattern SERVICE_LINKS =
      Pattern.compile("TROIKA_(.*_)?(SERVICE_(HOST|PORT.*)|PORT(_[0-9]+_(TCP|UDP).*)?)");

  private final Map<String, String> variables = Settings.variables();
  private @Nullable Path file;
  private Map<String, String> environment = Map.of();
  private final Map<String, String> flags = new TreeMap<>();

  /** The file to start from; without one everything comes from the other two. */
  public NodeConfigLoader file(Path path) {
    this.file = path;
    return this;
  }

  /** The environment, from which {@code TROIKA_…} is read. An empty variable counts as not set. */
  public NodeConfigLoader environment(Map<String, String> values) {
    this.environment = Map.copyOf(values);
    return this;
  }

  /** One key from the command line. */
  public NodeConfigLoader flag(String key, String value) {
    flags.put(key, value);
    return this;
  }

  /**
   * Reads and checks everything.
   *
   * @throws NodeConfigException naming the key, what it expects and what was found
   */
  public NodeConfig load() {
    Config config = over(fromFlags(), over(fromEnvironment(), fromFile()));
    return NodeConfigReader.read(resolve(config));
  }

  /** Reads and checks a HOCON text alone, with nothing over it. */
  public static NodeConfig parse(String text) {
    return NodeConfigReader.read(resolve(parseText(text, "text")));
  }

  /** HOCON that {@link #parse} reads as an equal configuration, every key explained. */
  public static String render(NodeConfig config) {
    return ConfigText.render(config);
  }

  /** Members are replaced as a whole: a group mixed from two sources is nobody's intention. */
  private static Config over(Config upper, Config lower) {
    boolean replaced = upper.root().containsKey(Settings.MEMBERS);
    return upper.withFallback(replaced ? lower.withoutPath(Settings.MEMBERS) : lower);
  }

  private Config fromFile() {
    if (file == null) {
      return ConfigFactory.empty();
    }
    try {
      long size = Files.size(file);
      if (size > FILE_BYTES_MAX) {
        throw new NodeConfigException(
            "%s: expected at most %s bytes, found %s".formatted(file, FILE_BYTES_MAX, size));
      }
      return parseText(new String(Files.readAllBytes(file), StandardCharsets.UTF_8), "" + file);
    } catch (IOException e) {
      throw new NodeConfigException("%s: can't be read: %s".formatted(file, e), e);
    }
  }

  static Config parseText(String text, String origin) {
    requireShallow(text, origin);
    ConfigParseOptions options =
        ConfigParseOptions.defaults()
            .setSyntax(ConfigSyntax.CONF)
            .setOriginDescription(origin)
            .setIncluder(new NoIncludes());
    try {
      return ConfigFactory.parseString(text, options);
    } catch (ConfigException e) {
      throw notHocon(e);
    }
  }

  /** The parser is recursive: nesting without end would end its stack. */
  private static void requireShallow(String text, String origin) {
    int depth = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
      if (depth > NESTING_MAX) {
        throw new NodeConfigException(
            "%s: expected at most %s levels of brackets, found more at character %s"
                .formatted(origin, NESTING_MAX, i));
      }
    }
  }

  /** The parser quotes the rest of the file when a bracket is missing: too much to read. */
  private static NodeConfigException notHocon(ConfigException e) {
    String reason = String.valueOf(e.getMessage());
    boolean fits = reason.length() <= MESSAGE_LENGTH_MAX;
    String text = fits ? reason : reason.substring(0, MESSAGE_LENGTH_MAX) + "…";
    return new NodeConfigException("not valid HOCON: " + text, e);
  }

  private Config fromEnvironment() {
    Config config = ConfigFactory.empty();
    for (Map.Entry<String, String> variable : new TreeMap<>(environment).entrySet()) {
      String name = variable.getKey();
      if (name.startsWith(PREFIX) && !variable.getValue().isEmpty() && !isForOthers(name)) {
        String path = variables.get(name);
        if (path == null) {
          throw new NodeConfigException(
              "environment variable %s: not known; the nearest known one is %s"
                  .formatted(name, NearestKey.of(name, variables.keySet())));
        }
        config = withValue(config, path, variable.getValue(), "environment variable " + name);
      }
    }
    return config;
  }

  private static boolean isForOthers(String name) {
    return OTHER_VARIABLES.contains(name) || SERVICE_LINKS.matcher(name).matches();
  }

  private Config fromFlags() {
    Config config = ConfigFactory.empty();
    for (Map.Entry<String, String> flag : flags.entrySet()) {
      NodeConfigReader.requireKnown(flag.getKey(), "flag");
      config = withValue(config, flag.getKey(), flag.getValue(), "flag " + flag.getKey());
    }
    return config;
  }

  private static Config withValue(Config config, String path, String text, String origin) {
    if (path.equals(Settings.MEMBERS)) {
      String object = text.strip().startsWith("{") ? text : "{" + text + "}";
      return config.withFallback(parseText(Settings.MEMBERS + " = " + object, origin));
    }
    return config.withValue(path, ConfigValueFactory.fromAnyRef(text, origin));
  }

  private static Config resolve(Config config) {
    try {
      return config.resolve(ConfigResolveOptions.defaults());
    } catch (ConfigException e) {
      throw notHocon(e);
    }
  }

  /** The keys that a message can name, for tests and for the shell's completion. */
  public static Set<String> keys() {
    return new LinkedHashSet<>(Settings.variables().values());
  }

  private static final class NoIncludes implements ConfigIncluder {
    @Override
    public ConfigIncluder withFallback(ConfigIncluder fallback) {
      return this;
    }

    @Override
    public ConfigObject include(ConfigIncludeContext context, String what) {
      throw new NodeConfigException("include '%s': not supported".formatted(what));
    }
  }
}
