package io.troika.it.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.TroikaClient;
import io.troika.server.node.ClusterLayout;
import io.troika.server.node.LocalCluster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java that the READMEs show, taken from them, compiled, and run against three nodes. */
final class SnippetsTest {
  private static final Pattern SNIPPET = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern ENDPOINTS = Pattern.compile("connect\\(\"[^\"]*\"\\)");

  @TempDir private static Path directory;

  private static LocalCluster cluster;

  @BeforeAll
  static void start() throws IOException {
    cluster = LocalCluster.start(ClusterLayout.onFreePorts(directory.resolve("nodes"), 3));
    StartedCluster.awaitMain(cluster);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @Test
  void readme_tenLines_commitAndReadBack() throws Exception {
    assertThat(run("Readme", snippet(Path.of("README.md")))).isEqualTo("1000\n");
  }

  @Test
  void clientReadme_lines_commitAndReadBack() throws Exception {
    assertThat(run("ClientReadme", snippet(Path.of("client", "README.md")))).isEqualTo("1000\n");
  }

  private static String snippet(Path file) throws IOException {
    Path root = Path.of("").toAbsolutePath();
    String text = Files.readString(root.resolveSibling("README.md").resolveSibling(file), UTF_8);
    Matcher found = SNIPPET.matcher(text);
    assertThat(found.find()).as("%s shows some Java", file).isTrue();
    String code = found.group(1);
    assertThat(found.find()).as("%s shows one piece of Java", file).isFalse();
    return ENDPOINTS.matcher(code).replaceAll("connect(\"" + cluster.layout().endpoints() + "\")");
  }

  /** What it prints. */
  private static String run(String name, String body) throws Exception {
    Path source = directory.resolve(name + ".java");
    Files.writeString(
        source,
        "import io.troika.client.*;\npublic final class %s {\n  public static void run() {\n%s  }\n}\n"
            .formatted(name, body),
        UTF_8);
    compile(source);
    try (URLClassLoader loader = new URLClassLoader(new URL[] {url(directory)})) {
      return printed(
          () -> {
            try {
              loader.loadClass(name).getMethod("run").invoke(null);
            } catch (ReflectiveOperationException e) {
              throw new AssertionError(e.getCause() == null ? e : e.getCause());
            }
          });
    }
  }

  private static URL url(Path path) throws MalformedURLException {
    return path.toUri().toURL();
  }

  /** With the client's own dependencies only, as a user's program. */
  private static void compile(Path source) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    ByteArrayOutputStream messages = new ByteArrayOutputStream();
    String client =
        Path.of(TroikaClient.class.getProtectionDomain().getCodeSource().getLocation().getPath())
            .toString();
    List<String> arguments =
        List.of("-Xlint:all", "-Werror", "-proc:none", "-cp", client, source.toString());
    int result = compiler.run(null, null, messages, arguments.toArray(String[]::new));
    assertThat(result).as("%s", messages.toString(UTF_8)).isZero();
  }

  private static String printed(Runnable action) {
    PrintStream before = System.out;
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    System.setOut(new PrintStream(output, true, UTF_8));
    try {
      action.run();
    } finally {
      System.setOut(before);
    }
    return output.toString(UTF_8);
  }
}
