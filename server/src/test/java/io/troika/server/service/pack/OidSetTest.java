package io.troika.server.service.pack;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.model.Oid;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** A set of oids is a set, however its runs are kept, and takes little memory. */
class OidSetTest {

  @Property(tries = 300)
  void set_anyAddsAndPolls_isASet(@ForAll("steps") List<Long> steps) {
    OidSet set = new OidSet();
    TreeSet<Oid> model = new TreeSet<>();
    for (long step : steps) {
      Oid oid = new Oid(step);
      assertThat(set.contains(oid)).isEqualTo(model.contains(oid));
      if (step % 3 == 0 && !model.isEmpty()) {
        Oid expected = model.ceiling(oid) == null ? model.first() : model.ceiling(oid);
        assertThat(set.pollFrom(oid)).isEqualTo(expected);
        model.remove(expected);
      } else {
        assertThat(set.add(oid)).isEqualTo(model.add(oid));
      }
      assertThat(set.isEmpty()).isEqualTo(model.isEmpty());
    }
  }

  @Provide
  Arbitrary<List<Long>> steps() {
    return Arbitraries.oneOf(
            Arbitraries.longs().between(0, 300),
            Arbitraries.longs().between(65_000, 66_000),
            Arbitraries.longs().between(-3, -1),
            Arbitraries.longs())
        .list()
        .ofMaxSize(400);
  }

  @Test
  void runsOverTheLimit_becomeBits_andStayTheSame() {
    OidSet set = new OidSet();
    LongStream.range(0, 100_000).forEach(value -> set.add(new Oid(value * 3)));

    assertThat(set.contains(new Oid(299_997))).isTrue();
    assertThat(set.contains(new Oid(299_998))).isFalse();
    for (long value = 0; value < 100_000; value++) {
      assertThat(set.pollFrom(Oid.ROOT)).isEqualTo(new Oid(value * 3));
    }
    assertThat(set.isEmpty()).isTrue();
    assertThat(set.bytes()).isZero();
  }

  @Test
  void bytes_ofAMillionInTurn_areOneBitEach() {
    OidSet set = new OidSet();
    LongStream.range(0, 1_000_000).forEach(value -> set.add(new Oid(value)));

    assertThat(set.bytes()).isBetween(125_000L, 140_000L);
  }
}
