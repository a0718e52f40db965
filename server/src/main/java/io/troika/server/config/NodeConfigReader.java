package io.troika.server.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.troika.server.config.NodeConfig.MemberConfig;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Turns resolved HOCON into a {@link NodeConfig}, or says which key is wrong and why. */
final class NodeConfigReader {
  private static final List<String> ADDRESSES = List.of("client", "peer", "raft");

  private NodeConfigReader() {}

  static NodeConfig read(Config config) {
    requireKnownKeys(config.root(), "");
    String nodeId = text(config, Settings.NODE_ID, "the node's id");
    Path dataDirectory = directory(config);
    List<MemberConfig> members = members(config);
    NodeConfig defaults = withDefaults(nodeId, dataDirectory, members);
    NodeConfig result =
        new NodeConfig(
            nodeId,
            dataDirectory,
            members,
            listenHost(config),
            RaftSettings.read(config, defaults),
            StorageSettings.read(config, defaults),
            LimitsSettings.read(config, defaults),
            ZeoSettings.read(config, listen(config, "zeo"), defaults),
            tls(config),
            HttpSettings.read(config, listen(config, "http"), defaults),
            SecuritySettings.read(config, administrators(config), defaults),
            backupDirectory(config),
            TracingSettings.read(config, defaults));
    requireConsistent(result);
    return result;
  }

  private static NodeConfig withDefaults(
      String nodeId, Path dataDirectory, List<MemberConfig> members) {
    try {
      return NodeConfig.withDefaults(nodeId, dataDirectory, members);
    } catch (IllegalArgumentException e) {
      throw new NodeConfigException(e.getMessage() + "", e);
    }
  }

  private static void requireKnownKeys(ConfigObject object, String prefix) {
    for (Map.Entry<String, ConfigValue> entry : new TreeMap<>(object).entrySet()) {
      String path = prefix + ConfigUtil.quoteString(entry.getKey()).replaceAll("^\"|\"$", "");
      boolean section =
          Settings.variables().values().stream().anyMatch(key -> key.startsWith(path + "."));
      if (section && entry.getValue() instanceof ConfigObject inner) {
        requireKnownKeys(inner, path + ".");
      } else if (section) {
        throw new NodeConfigException(
            ConfigText.wrongValue(path, "keys in braces", entry.getValue()));
      } else {
        requireKnown(path, entry.getValue().origin().description());
      }
    }
  }

  static void requireKnown(String path, String origin) {
    List<String> known = new ArrayList<>(Settings.variables().values());
    if (!known.contains(path)) {
      throw new NodeConfigException(
          "key '%s': not known; the nearest known one is '%s' (%s)"
              .formatted(ConfigText.shortened(path), NearestKey.of(path, known), origin));
    }
  }

  private static Path directory(Config config) {
    String text = text(config, Settings.DATA_DIRECTORY, "a directory");
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new NodeConfigException(
          "%s: expected a directory, found '%s': %s"
              .formatted(Settings.DATA_DIRECTORY, ConfigText.shortened(text), e.getReason()),
          e);
    }
  }

  private static String text(Config config, String path, String expected) {
    ConfigValue value = config.root().get(path);
    if (value == null) {
      throw new NodeConfigException(
          "%s: expected %s, found nothing (set it in the file, by %s or by a flag)"
              .formatted(path, expected, Setting.variableOf(path)));
    }
    boolean scalar =
        value.valueType() == ConfigValueType.STRING || value.valueType() == ConfigValueType.NUMBER;
    if (!scalar || String.valueOf(value.unwrapped()).isBlank()) {
      throw new NodeConfigException(ConfigText.wrongValue(path, expected, value));
    }
    return String.valueOf(value.unwrapped());
  }

  private static @Nullable String listenHost(Config config) {
    ConfigValue value = config.root().get(Settings.LISTEN_HOST);
    if (value == null) {
      return null;
    }
    String expected = "a name or an address, without a port";
    String host = text(config, Settings.LISTEN_HOST, expected);
    if (!NodeConfig.isHost(host)) {
      throw new NodeConfigException(ConfigText.wrongValue(Settings.LISTEN_HOST, expected, value));
    }
    return host;
  }

  private static List<MemberConfig> members(Config config) {
    ConfigValue value = config.root().get(Settings.MEMBERS);
    if (!(value instanceof ConfigObject object) || object.isEmpty()) {
      String expected = "an object 'node id { raft, peer, client }' a node";
      throw new NodeConfigException(
          value == null
              ? "%s: expected %s, found nothing".formatted(Settings.MEMBERS, expected)
              : ConfigText.wrongValue(Settings.MEMBERS, expected, value));
    }
    List<MemberConfig> members = new ArrayList<>();
    for (Map.Entry<String, ConfigValue> member : new TreeMap<>(object).entrySet()) {
      members.add(member(member.getKey(), member.getValue()));
    }
    requireDistinctAddresses(members);
    return members;
  }

  private static MemberConfig member(String id, ConfigValue value) {
    String path = Settings.MEMBERS + "." + ConfigText.shortened(id);
    if (!id.matches("[a-z0-9-]{1,32}")) {
      throw new NodeConfigException(
          "%s: expected a node id of 1 to 32 characters of a-z, 0-9 and '-'".formatted(path));
    }
    if (!(value instanceof ConfigObject addresses)) {
      throw new NodeConfigException(
          ConfigText.wrongValue(path, "addresses raft, peer and client", value));
    }
    for (String key : new TreeMap<>(addresses).keySet()) {
      if (!ADDRESSES.contains(key)) {
        throw new NodeConfigException(
            "key '%s.%s': not known; the nearest known one is '%s' (%s)"
                .formatted(
                    path,
                    ConfigText.shortened(key),
                    NearestKey.of(key, ADDRESSES),
                    value.origin().description()));
      }
    }
    return new MemberConfig(
        id,
        address(path, addresses, "raft"),
        address(path, addresses, "peer"),
        address(path, addresses, "client"));
  }

  private static HostAndPort address(String member, ConfigObject addresses, String key) {
    String path = member + "." + key;
    ConfigValue value = addresses.get(key);
    if (value == null) {
      throw new NodeConfigException("%s: expected host:port, found nothing".formatted(path));
    }
    try {
      HostAndPort address = HostAndPort.parse(String.valueOf(value.unwrapped()));
      if (value.valueType() == ConfigValueType.STRING && address.port() != 0) {
        return address;
      }
    } catch (IllegalArgumentException e) {
      throw new NodeConfigException(wrongAddress(path, value), e);
    }
    throw new NodeConfigException(wrongAddress(path, value));
  }

  private static String wrongAddress(String path, ConfigValue value) {
    return ConfigText.wrongValue(path, "host:port with a port from 1 to 65535", value);
  }

  private static void requireDistinctAddresses(List<MemberConfig> members) {
    Map<HostAndPort, String> owners = new HashMap<>();
    for (MemberConfig member : members) {
      Map<String, HostAndPort> addresses = new TreeMap<>();
      addresses.put("raft", member.raft());
      addresses.put("peer", member.peer());
      addresses.put("client", member.client());
      for (Map.Entry<String, HostAndPort> address : addresses.entrySet()) {
        String path = Settings.MEMBERS + "." + member.nodeId() + "." + address.getKey();
        String owner = owners.putIfAbsent(address.getValue(), path);
        if (owner != null) {
          throw new NodeConfigException(
              "%s: expected an address of its own, found %s, which is that of %s"
                  .formatted(path, address.getValue(), owner));
        }
      }
    }
  }

  /** All three files, or none of them. */
  private static @Nullable TlsConfig tls(Config config) {
    if (!(config.root().get("tls") instanceof ConfigObject tls) || tls.isEmpty()) {
      return null;
    }
    return new TlsConfig(
        tlsFile(tls, Settings.TLS_CERTIFICATE),
        tlsFile(tls, Settings.TLS_KEY),
        tlsFile(tls, Settings.TLS_AUTHORITY));
  }

  private static Path tlsFile(ConfigObject tls, String path) {
    ConfigValue value = tls.get(path.substring(path.indexOf('.') + 1));
    if (value == null) {
      throw new NodeConfigException(
          "%s: expected a file, as other keys of tls are set, found nothing".formatted(path));
    }
    return path(path, "a file", value);
  }

  private static @Nullable Path backupDirectory(Config config) {
    ConfigValue value =
        config.root().get("backup") instanceof ConfigObject keys ? keys.get("directory") : null;
    if (value == null) {
      return null;
    }
    String expected = "a directory, from the root on";
    Path directory = path(Settings.BACKUP_DIRECTORY, expected, value);
    if (!directory.isAbsolute()) {
      throw new NodeConfigException(
          ConfigText.wrongValue(Settings.BACKUP_DIRECTORY, expected, value));
    }
    return directory;
  }

  private static Path path(String key, String expected, ConfigValue value) {
    try {
      if (value.valueType() == ConfigValueType.STRING
          && !String.valueOf(value.unwrapped()).isBlank()) {
        return Path.of(String.valueOf(value.unwrapped()));
      }
    } catch (InvalidPathException e) {
      throw new NodeConfigException(ConfigText.wrongValue(key, expected, value), e);
    }
    throw new NodeConfigException(ConfigText.wrongValue(key, expected, value));
  }

  private static List<String> administrators(Config config) {
    ConfigValue value =
        config.root().get("security") instanceof ConfigObject keys
            ? keys.get("administrators")
            : null;
    if (value == null) {
      return List.of();
    }
    if (value.valueType() != ConfigValueType.STRING) {
      throw new NodeConfigException(
          ConfigText.wrongValue(
              Settings.ADMINISTRATORS, "names of certificates, separated by commas", value));
    }
    return Arrays.stream(String.valueOf(value.unwrapped()).split(","))
        .map(String::strip)
        .filter(name -> !name.isEmpty())
        .toList();
  }

  /** The key {@code listen} of a section. */
  private static @Nullable HostAndPort listen(Config config, String section) {
    ConfigValue value =
        config.root().get(section) instanceof ConfigObject keys ? keys.get("listen") : null;
    if (value == null) {
      return null;
    }
    String path = section + ".listen";
    try {
      if (value.valueType() == ConfigValueType.STRING) {
        return HostAndPort.parse(String.valueOf(value.unwrapped()));
      }
    } catch (IllegalArgumentException e) {
      throw new NodeConfigException(ConfigText.wrongValue(path, "host:port", value), e);
    }
    throw new NodeConfigException(ConfigText.wrongValue(path, "host:port", value));
  }

  private static void requireConsistent(NodeConfig config) {
    Path backups = config.backupDirectory();
    if (backups != null
        && backups.normalize().startsWith(config.dataDirectory().toAbsolutePath().normalize())) {
      throw new NodeConfigException(
          "%s: expected a directory outside of %s, which is the node's own, found %s"
              .formatted(Settings.BACKUP_DIRECTORY, config.dataDirectory(), backups));
    }
    HostAndPort zeo = config.zeo().listen();
    if (config.zeo().createMissingStorages() && (zeo == null || !zeo.isLoopback())) {
      throw new NodeConfigException(
          "%s: expected false, or %s on loopback, found true with %s"
              .formatted(ZeoSettings.CREATE_MISSING_STORAGES.path(), Settings.ZEO_LISTEN, zeo));
    }
    if (config.raft().join() && config.members().size() < 2) {
      throw new NodeConfigException(
          "%s: expected false, or other members beside %s, found true and no others"
              .formatted(RaftSettings.JOIN.path(), config.nodeId()));
    }
    if (config.security().accessRequired() && config.tls() == null) {
      throw new NodeConfigException(
          "%s: expected open, or tls.certificate, tls.key and tls.authority, found required without them: nobody could prove who they are"
              .formatted(SecuritySettings.ACCESS.path()));
    }
    Duration min = config.raft().electionTimeoutMin();
    Duration max = config.raft().electionTimeoutMax();
    if (max.compareTo(min) < 0 || max.compareTo(min.multipliedBy(10)) > 0) {
      throw new NodeConfigException(
          "%s: expected a duration from %s to 10 times %s, found %s ms with a minimum of %s ms"
              .formatted(
                  RaftSettings.ELECTION_TIMEOUT_MAX.path(),
                  RaftSettings.ELECTION_TIMEOUT_MIN.path(),
                  RaftSettings.ELECTION_TIMEOUT_MIN.path(),
                  max.toMillis(),
                  min.toMillis()));
    }
  }
}
