package io.troika.server.front.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.troika.api.v1.GetStorageRequest;
import io.troika.api.v1.ObjectStoreGrpc;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Malformed messages to every method. Each call ends, with an answer or an error that has a detail
 * and is the caller's to mend, never a broken node; and the server goes on.
 */
final class MalformedMessagesTest {
  private static final int CALLS = 20_000;
  private static final long SEED = 20_261_124;
  private static final List<MethodDescriptor<?, ?>> METHODS =
      List.copyOf(ObjectStoreGrpc.getServiceDescriptor().getMethods());

  private final FrontFixture fixture = new FrontFixture();
  private final Random random = new Random(SEED);
  private final MalformedRequests requests = new MalformedRequests(SEED);

  @Test
  @Timeout(900)
  void calls_malformed_endClearlyAndTheServerGoesOn() throws Exception {
    try (fixture) {
      int errors = 0;
      List<CompletableFuture<Status>> window = new ArrayList<>();
      for (int i = 0; i < CALLS; i++) {
        MethodDescriptor<?, ?> method = METHODS.get(random.nextInt(METHODS.size()));
        window.add(
            RawCall.send(fixture.channel, method, requests.next(method), CallOptions.DEFAULT));
        if (window.size() == 100) {
          errors += endAll(window);
        }
      }
      errors += endAll(window);
      assertThat(errors).as("calls that ended with an error").isGreaterThan(CALLS / 2);
      assertThat(
              fixture
                  .store()
                  .getStorage(GetStorageRequest.newBuilder().setStorage("main").build())
                  .getStorage()
                  .getName())
          .isEqualTo("main");
    }
  }

  private int endAll(List<CompletableFuture<Status>> window) throws Exception {
    // Reads at a tid of the future wait for it, votes hold locks: both until time passes.
    int errors = 0;
    for (CompletableFuture<Status> call : window) {
      while (!call.isDone()) {
        fixture.service.timer.advance(Duration.ofSeconds(31));
        try {
          call.get(1, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          // Still waiting: time goes on.
        }
      }
      errors += call.get().isOk() ? 0 : 1;
    }
    window.clear();
    return errors;
  }
}
