package io.troika.server.cli.logging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.joran.spi.JoranException;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class LoggingTest {

  /** What a failure looks like on standard error, with our own configuration in that format. */
  private static List<String> logged(String format) throws JoranException {
    return logged(
        format,
        context ->
            context
                .getLogger("io.troika.server.node.Node")
                .warn("Node {} says \"so\"", "n1", new IllegalStateException("two\nlines")));
  }

  private static List<String> logged(String format, Consumer<LoggerContext> events)
      throws JoranException {
    PrintStream before = System.err;
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    System.setErr(new PrintStream(written, true, UTF_8));
    try {
      LoggerContext context = new LoggerContext();
      context.setMDCAdapter(new LogbackMDCAdapter());
      context.putProperty("TROIKA_LOG_FORMAT", format);
      JoranConfigurator configurator = new JoranConfigurator();
      configurator.setContext(context);
      configurator.doConfigure(Logging.class.getResource("/logback.xml"));
      events.accept(context);
      context.stop(); // flushes what the queue holds
    } finally {
      System.setErr(before);
    }
    return written.toString(UTF_8).lines().toList();
  }

  @Test
  void json_oneObjectALine_withTheStack() throws JoranException {
    List<String> lines = logged("json");

    assertThat(lines).hasSize(1);
    Config event = ConfigFactory.parseString(lines.get(0));
    assertThat(event.getLong("timestamp")).isPositive();
    assertThat(event.getString("level")).isEqualTo("WARN");
    assertThat(event.getString("threadName")).isNotEmpty();
    assertThat(event.getString("loggerName")).isEqualTo("io.troika.server.node.Node");
    assertThat(event.getString("formattedMessage")).isEqualTo("Node n1 says \"so\"");
    assertThat(event.getString("throwable.message")).isEqualTo("two\nlines");
  }

  @Test
  void text_isForPeople() throws JoranException {
    assertThat(logged("text"))
        .first()
        .asString()
        .contains(" WARN ")
        .endsWith("Node n1 says \"so\"");
  }

  @Test
  void errorsOnly_silencesAlsoLoggersThatHaveALevelOfTheirOwn() throws JoranException {
    List<String> lines =
        logged(
            "text",
            context -> {
              Logging.errorsOnly(context);
              context.getLogger("troika.audit").info("somebody called");
              context.getLogger("io.troika.server.node.Node").warn("a leader went");
              context.getLogger("org.apache.ratis.server.RaftServer$Division").warn("so it did");
              context.getLogger("io.troika.server.node.Node").error("broken");
            });

    assertThat(lines).hasSize(1);
    assertThat(lines.get(0)).endsWith("broken");
  }

  @Test
  void format_unknown_isNamed() {
    assertThat(Logging.problemWith("xml"))
        .hasValue(
            "environment variable TROIKA_LOG_FORMAT: expected one of text, json, found \"xml\"");
    assertThat(Logging.problemWith("json")).isEmpty();
    assertThat(Logging.problemWith(null)).isEmpty();
  }
}
