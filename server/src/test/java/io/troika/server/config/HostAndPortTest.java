package io.troika.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.BindException;
import java.nio.channels.UnresolvedAddressException;
import org.junit.jupiter.api.Test;

final class HostAndPortTest {
  private static final HostAndPort PORT = new HostAndPort("n1.example", 7400);

  @Test
  void cannotListen_saysWhatTheSystemSaid() {
    IOException wrapped =
        new IOException("no", new IllegalStateException(new BindException("Address in use")));

    assertThat(PORT.cannotListen(wrapped))
        .hasMessage("can't listen on n1.example:7400: Address in use")
        .hasCause(wrapped);
  }

  @Test
  void cannotListen_causeWithoutWords_isNamed() {
    assertThat(PORT.cannotListen(new UnresolvedAddressException()))
        .hasMessage("can't listen on n1.example:7400: UnresolvedAddressException");
  }
}
