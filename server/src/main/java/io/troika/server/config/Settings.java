package io.troika.server.config;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Every key there is. The one table from which reading, range checks, environment variables,
 * printing and the reference file are derived; the defaults are those of the records.
 */
final class Settings {
  static final String NODE_ID = "node-id";
  static final String DATA_DIRECTORY = "data-directory";
  static final String MEMBERS = "members";
  static final String LISTEN_HOST = "listen-host";
  static final String ZEO_LISTEN = "zeo.listen";
  static final String HTTP_LISTEN = "http.listen";
  static final String TLS_CERTIFICATE = "tls.certificate";
  static final String TLS_KEY = "tls.key";
  static final String TLS_AUTHORITY = "tls.authority";
  static final String BACKUP_DIRECTORY = "backup.directory";
  static final String OTLP_ENDPOINT = "tracing.otlp-endpoint";
  static final String ADMINISTRATORS = "security.administrators";
  private static final List<String> TEXTS =
      List.of(
          NODE_ID,
          DATA_DIRECTORY,
          MEMBERS,
          LISTEN_HOST,
          ZEO_LISTEN,
          HTTP_LISTEN,
          TLS_CERTIFICATE,
          TLS_KEY,
          TLS_AUTHORITY,
          ADMINISTRATORS,
          BACKUP_DIRECTORY,
          OTLP_ENDPOINT);

  /** Every key with a number or a word, in the order of the reference. */
  static final List<Setting> ALL =
      Stream.of(
              RaftSettings.ALL,
              StorageSettings.ALL,
              LimitsSettings.ALL,
              ZeoSettings.ALL,
              HttpSettings.ALL,
              SecuritySettings.ALL,
              TracingSettings.ALL)
          .flatMap(List::stream)
          .toList();

  private Settings() {}

  /** Environment variable to key, for every key that can be set so. */
  static Map<String, String> variables() {
    Map<String, String> variables = new TreeMap<>();
    for (String path : TEXTS) {
      variables.put(Setting.variableOf(path), path);
    }
    ALL.forEach(setting -> variables.put(setting.variable(), setting.path()));
    return variables;
  }
}
