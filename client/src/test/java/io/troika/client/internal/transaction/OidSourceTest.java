package io.troika.client.internal.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.Oid;
import io.troika.client.internal.transaction.OidSource.Block;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(180)
final class OidSourceTest {
  /** A Python program that opens the storage later takes what is there for its root. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 256})
  void next_firstOfAStorage_leavesTheRootOfZodbProgramsAlone(int size) {
    AtomicLong next = new AtomicLong();
    OidSource source =
        new OidSource(
            () -> CompletableFuture.completedFuture(new Block(next.getAndAdd(size), size)),
            () -> 1);

    List<Oid> oids = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      oids.add(source.next().join());
    }

    assertThat(oids).startsWith(new Oid(1), new Oid(2)).doesNotHaveDuplicates().hasSize(600);
    assertThat(oids).isSortedAccordingTo((a, b) -> Long.compare(a.value(), b.value()));
    assertThat(oids.get(599)).isEqualTo(new Oid(600));
  }
}
