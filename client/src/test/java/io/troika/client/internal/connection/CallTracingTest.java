package io.troika.client.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.opentelemetry.api.OpenTelemetry;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class CallTracingTest {
  private final ManagedChannel channel =
      InProcessChannelBuilder.forName("nobody").directExecutor().build();

  @AfterEach
  void close() {
    channel.shutdownNow();
  }

  @Test
  void begin_nobodyTraces_addsNothingToACall() {
    CallTracing off = new CallTracing(Optional.empty());

    assertThat(off.begin("Commit")).as("nothing is made").isSameAs(off.begin("Load"));
    assertThat(off.begin("Commit").telling(channel)).isSameAs(channel);
  }

  @Test
  void begin_somebodyTraces_callsTellOfIt() {
    CallTracing on = new CallTracing(Optional.of(OpenTelemetry.noop()));

    assertThat(on.begin("Commit").telling(channel)).isNotSameAs(channel);
  }
}
