package io.troika.server.config;

import static io.troika.server.config.Setting.GIB;
import static io.troika.server.config.Setting.MIB;
import static io.troika.server.config.Setting.MINUTE;
import static io.troika.server.config.Setting.SECOND;
import static io.troika.server.config.Setting.Unit.BYTES;
import static io.troika.server.config.Setting.Unit.COUNT;
import static io.troika.server.config.Setting.Unit.MILLIS;

import com.typesafe.config.Config;
import io.troika.server.config.ZeoConfig.Encoding;
import java.time.Duration;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** The section {@code zeo}, but for where it listens. */
final class ZeoSettings {
  static final Setting ENCODING =
      Setting.ofWords(
          "zeo.encoding",
          List.of("pickle", "msgpack"),
          c -> c.zeo().encoding() == Encoding.MSGPACK ? 1 : 0,
          "How messages are announced to be written; a client follows. msgpack needs the Python"
              + " package msgpack beside ZEO.");
  static final Setting FRAME_SIZE_MAX =
      zeo(
          "frame-size-max",
          BYTES,
          MIB,
          GIB,
          ZeoConfig::frameBytesMax,
          "The largest message of a ZEO client; a connection that sends a larger one is closed.");
  static final Setting CONNECTIONS_MAX =
      zeo(
          "connections-max",
          COUNT,
          1,
          100_000,
          ZeoConfig::connectionsMax,
          "Open connections of ZEO clients.");
  static final Setting TRANSACTION_TIMEOUT =
      zeo(
          "transaction-timeout",
          MILLIS,
          SECOND,
          60 * MINUTE,
          z -> z.transactionTimeout().toMillis(),
          "How long a voted transaction of a ZEO client may wait for its end, then its connection is"
              + " closed and its locks are free. No longer than limits.vote-lease.");
  static final Setting CREATE_MISSING_STORAGES =
      Setting.ofWords(
          "zeo.create-missing-storages",
          List.of("false", "true"),
          c -> c.zeo().createMissingStorages() ? 1 : 0,
          "Create a storage, empty, when a ZEO client names it. For tests: only where zeo.listen is"
              + " on loopback.");

  static final Setting PACK_GARBAGE =
      Setting.ofWords(
          "zeo.pack-garbage",
          List.of("false", "true"),
          c -> c.zeo().packGarbage() ? 1 : 0,
          "Whether pack() of a ZEO client removes objects that cannot be reached.");

  static final List<Setting> ALL =
      List.of(
          ENCODING,
          FRAME_SIZE_MAX,
          CONNECTIONS_MAX,
          TRANSACTION_TIMEOUT,
          CREATE_MISSING_STORAGES,
          PACK_GARBAGE);

  private ZeoSettings() {}

  static ZeoConfig read(Config config, @Nullable HostAndPort listen, NodeConfig defaults) {
    return new ZeoConfig(
        listen,
        ENCODING.read(config, defaults) == 1 ? Encoding.MSGPACK : Encoding.PICKLE,
        Math.toIntExact(FRAME_SIZE_MAX.read(config, defaults)),
        Math.toIntExact(CONNECTIONS_MAX.read(config, defaults)),
        Duration.ofMillis(TRANSACTION_TIMEOUT.read(config, defaults)),
        CREATE_MISSING_STORAGES.read(config, defaults) == 1,
        PACK_GARBAGE.read(config, defaults) == 1);
  }

  private static Setting zeo(
      String key,
      Setting.Unit unit,
      long min,
      long max,
      ToLongFunction<ZeoConfig> current,
      String description) {
    return new Setting(
        "zeo." + key, unit, min, max, c -> current.applyAsLong(c.zeo()), description);
  }
}
