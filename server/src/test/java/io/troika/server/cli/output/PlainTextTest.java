package io.troika.server.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PlainTextTest {
  @Test
  void of_whatWouldSteerATerminal_hasASpaceInstead() {
    assertThat(PlainText.of("a\u001b[2Jb\u009b31mc\r\nd\u007fe\u202ef\u2028g"))
        .isEqualTo("a [2Jb 31mc d e f g");
    assertThat(PlainText.of("Zoë 東京 — ok")).isEqualTo("Zoë 東京 — ok");
  }

  /** As a job's, which any client may report. */
  @Test
  void table_cellsWithSuch_areOneLineEach() {
    assertThat(new TextTable("JOB").row("a\nb").row("\u009b2J").lines())
        .containsExactly("JOB", "a b", " 2J");
  }
}
