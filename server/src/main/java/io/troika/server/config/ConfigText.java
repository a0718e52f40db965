package io.troika.server.config;

import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What people read of a configuration: messages, the effective configuration, the reference. */
final class ConfigText {
  private static final int FOUND_LENGTH_MAX = 60;
  private static final int LINE_LENGTH = 88;

  private ConfigText() {}

  static String wrongValue(String path, String expected, ConfigValue found) {
    String text = found.render(ConfigRenderOptions.concise());
    return "%s: expected %s, found %s (%s)"
        .formatted(path, expected, shortened(text), found.origin().description());
  }

  static String shortened(String text) {
    return text.length() <= FOUND_LENGTH_MAX ? text : text.substring(0, FOUND_LENGTH_MAX) + "…";
  }

  /** HOCON that loads as an equal configuration, with what each key means above it. */
  static String render(NodeConfig config) {
    StringBuilder out = new StringBuilder();
    comment(out, "", "This node's id: 1 to 32 characters of a-z, 0-9 and '-'; one of members.");
    comment(out, "", "Environment: " + Setting.variableOf(Settings.NODE_ID));
    line(out, "", Settings.NODE_ID + " = " + quoted(config.nodeId()));
    out.append('\n');
    comment(out, "", "Holds all that the node keeps: an own directory on ext4 or xfs.");
    comment(out, "", "Environment: " + Setting.variableOf(Settings.DATA_DIRECTORY));
    line(out, "", Settings.DATA_DIRECTORY + " = " + quoted(config.dataDirectory().toString()));
    out.append('\n');
    members(out, config);
    listenHost(out, config);
    for (String section :
        List.of("raft", "storage", "limits", "zeo", "http", "backup", "security", "tracing")) {
      section(out, section, config);
    }
    tls(out, config.tls());
    return out.toString();
  }

  /** The reference: every key with its default, around an example of three nodes. */
  static String reference() {
    NodeConfig example =
        NodeConfig.withDefaults(
            "n1",
            Path.of("/var/lib/troika"),
            List.of(
                exampleMember("n1", "node1.example"),
                exampleMember("n2", "node2.example"),
                exampleMember("n3", "node3.example")));
    StringBuilder out = new StringBuilder();
    comment(out, "", "Every key of a node's configuration, with its default. node-id,");
    comment(out, "", "data-directory and members have none; an example stands for them here.");
    comment(out, "", "An environment variable comes before the file, a flag before both.");
    return out.append('\n').append(render(example)).toString();
  }

  private static NodeConfig.MemberConfig exampleMember(String id, String host) {
    return new NodeConfig.MemberConfig(
        id, new HostAndPort(host, 7300), new HostAndPort(host, 7500), new HostAndPort(host, 7400));
  }

  private static void members(StringBuilder out, NodeConfig config) {
    comment(out, "", "The group as it was first made, by node id, this node included.");
    comment(out, "", "raft and peer: between the nodes only, keep others out. client: gRPC.");
    comment(out, "", "Environment: " + Setting.variableOf(Settings.MEMBERS) + ", the same syntax.");
    line(out, "", Settings.MEMBERS + " {");
    for (NodeConfig.MemberConfig member : config.members()) {
      line(
          out,
          "  ",
          "%s { raft = %s, peer = %s, client = %s }"
              .formatted(
                  quoted(member.nodeId()),
                  quoted(member.raft().toString()),
                  quoted(member.peer().toString()),
                  quoted(member.client().toString())));
    }
    line(out, "", "}");
  }

  private static void listenHost(StringBuilder out, NodeConfig config) {
    out.append('\n');
    comment(
        out, "", "Where this node's raft, peer and client ports listen, if not on the hosts of");
    comment(out, "", "its member entry, as in a container: \"0.0.0.0\" is every interface.");
    comment(out, "", "Environment: " + Setting.variableOf(Settings.LISTEN_HOST));
    String host = config.listenHost();
    line(
        out,
        "",
        host == null
            ? "# " + Settings.LISTEN_HOST + " = \"0.0.0.0\""
            : Settings.LISTEN_HOST + " = " + quoted(host));
  }

  private static void section(StringBuilder out, String section, NodeConfig config) {
    out.append('\n');
    line(out, "", section + " {");
    if (section.equals("zeo")) {
      listen(
          out,
          "Where ZEO clients connect; without it there is no port for them.",
          Settings.ZEO_LISTEN,
          config.zeo().listen(),
          "0.0.0.0:8100");
    } else if (section.equals("http")) {
      listen(
          out,
          "Where health, metrics and the status page are, over HTTP; without it there is no such port.",
          Settings.HTTP_LISTEN,
          config.httpListen(),
          "0.0.0.0:8081");
    }
    if (section.equals("backup")) {
      backupDirectory(out, config.backupDirectory());
    }
    String prefix = section + ".";
    if (section.equals("security")) {
      administrators(out, config.security().administrators());
    }
    if (section.equals("tracing")) {
      TracingSettings.describe(out, config.tracing().otlpEndpoint());
    }
    for (Setting setting : Settings.ALL) {
      if (setting.path().startsWith(prefix)) {
        comment(out, "  ", setting.description());
        comment(
            out, "  ", "Expects " + setting.expected() + "; environment: " + setting.variable());
        String key = setting.path().substring(prefix.length());
        line(out, "  ", key + " = " + setting.render(config));
      }
    }
    line(out, "", "}");
  }

  private static void listen(
      StringBuilder out, String text, String path, @Nullable HostAndPort listen, String example) {
    comment(out, "  ", text);
    comment(out, "  ", "Expects host:port; environment: " + Setting.variableOf(path));
    line(
        out,
        "  ",
        listen == null ? "# listen = " + quoted(example) : "listen = " + quoted(listen.toString()));
  }

  private static void backupDirectory(StringBuilder out, @Nullable Path directory) {
    comment(
        out,
        "  ",
        "Where backups go that an administrator begins from the status page: a directory in it for"
            + " each storage. Without it there is no such button.");
    comment(out, "  ", "Environment: " + Setting.variableOf(Settings.BACKUP_DIRECTORY));
    line(
        out,
        "  ",
        directory == null
            ? "# directory = \"/var/backups/troika\""
            : "directory = " + quoted(directory.toString()));
  }

  private static void administrators(StringBuilder out, List<String> names) {
    comment(
        out,
        "  ",
        "Who may do everything without a grant, so that somebody can grant: common names (CN) of"
            + " certificates, separated by commas.");
    comment(out, "  ", "Environment: " + Setting.variableOf(Settings.ADMINISTRATORS));
    line(
        out,
        "  ",
        names.isEmpty()
            ? "# administrators = \"operator\""
            : "administrators = " + quoted(String.join(",", names)));
  }

  private static void tls(StringBuilder out, @Nullable TlsConfig tls) {
    out.append('\n');
    comment(
        out, "", "Without these files all ports speak plain text, on loopback only: see security.");
    comment(out, "", "With them every connection is encrypted, and both sides show a certificate");
    comment(out, "", "of the authority; between nodes, one that servers may show too.");
    line(out, "", "tls {");
    tlsFile(
        out,
        "This node's certificate (PEM); it names the hosts of the node's addresses.",
        Settings.TLS_CERTIFICATE,
        tls == null ? null : tls.certificate(),
        "/etc/troika/node.crt");
    tlsFile(
        out,
        "Its private key (PEM, PKCS#8, not encrypted).",
        Settings.TLS_KEY,
        tls == null ? null : tls.key(),
        "/etc/troika/node.key");
    tlsFile(
        out,
        "Certificates of the authority that signs those of nodes and clients (PEM).",
        Settings.TLS_AUTHORITY,
        tls == null ? null : tls.authority(),
        "/etc/troika/ca.crt");
    line(out, "", "}");
  }

  private static void tlsFile(
      StringBuilder out, String text, String path, @Nullable Path file, String example) {
    comment(out, "  ", text);
    comment(out, "  ", "Expects a file; environment: " + Setting.variableOf(path));
    String key = path.substring(path.indexOf('.') + 1);
    line(
        out,
        "  ",
        file == null
            ? "# %s = %s".formatted(key, quoted(example))
            : key + " = " + quoted(file.toString()));
  }

  static void comment(StringBuilder out, String indent, String text) {
    String rest = text;
    int width = LINE_LENGTH - indent.length() - 2;
    while (rest.length() > width) {
      int space = rest.lastIndexOf(' ', width);
      line(out, indent, "# " + rest.substring(0, space));
      rest = rest.substring(space + 1);
    }
    line(out, indent, "# " + rest);
  }

  static void line(StringBuilder out, String indent, String text) {
    out.append(indent).append(text).append('\n');
  }

  static String quoted(String text) {
    return ConfigUtil.quoteString(text);
  }
}
