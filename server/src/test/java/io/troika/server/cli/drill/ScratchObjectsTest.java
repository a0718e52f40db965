package io.troika.server.cli.drill;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.Oid;
import io.troika.client.UnavailableException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScratchObjectsTest {
  @Test
  void removeAll_oneThatFails_isNamedAndTheRestNotTried() {
    ScratchObjects objects = new ScratchObjects();
    List<String> removed = new ArrayList<>();
    objects.add(new Oid(1), () -> removed.add("1"));
    objects.add(
        new Oid(2),
        () -> {
          throw new UnavailableException("no leader", null);
        });
    objects.add(new Oid(3), () -> removed.add("3"));
    List<String> problems = new ArrayList<>();

    objects.removeAll(problems::add);

    assertThat(removed).containsExactly("1");
    assertThat(problems)
        .containsExactly(
            "object 0x2, made for this, is left: no leader",
            "object 0x3, made for this, is left: no leader");
  }
}
