package io.troika.server.cli.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class HeapRoomTest {
  private static final long MIB = 1 << 20;

  @Test
  void require_upToASixthOfTheHeap_isThere() throws IOException {
    HeapRoom.require("transaction 0x1", 85 * MIB, 512 * MIB);
    HeapRoom.require("transaction 0x1", 8 * MIB, 16 * MIB);
    assertThat(HeapRoom.transactionBytesMax()).isGreaterThanOrEqualTo(8 * MIB);
  }

  @Test
  void require_more_isRefusedAndSaysWhatHelps() {
    assertThatThrownBy(() -> HeapRoom.require("transaction 0x1", 300 * MIB, 512 * MIB))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "transaction 0x1: it has 300.0 MiB of data, for which a heap of 512.0 MiB is too small:"
                + " at least 1.8 GiB are needed (TROIKA_JAVA_OPTS=-Xmx2101m)");
  }
}
