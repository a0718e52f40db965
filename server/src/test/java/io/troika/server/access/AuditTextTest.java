package io.troika.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AuditTextTest {
  @Test
  void quoted_quotesAndBackslashes_areTold() {
    assertThat(AuditText.quoted("storage: \"a\\b\"")).isEqualTo("\"storage: \\\"a\\\\b\\\"\"");
  }

  @Test
  void quoted_anythingThatMayEndALine_doesNot() {
    assertThat(AuditText.quoted("a\ncaller=x\r\u0085\u2028\u2029b\u001b[2K"))
        .isEqualTo("\"a?caller=x????b?[2K\"");
  }
}
