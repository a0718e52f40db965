package io.troika.server.raft.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VotersTest {

  @ParameterizedTest
  @CsvSource({
    "a,      a,    true",
    "a,      b,    false",
    "a b,    a,    false",
    "a b,    a b,  true",
    "a b c,  a,    false",
    "a b c,  a c,  true",
    "a b c d,a b,  false",
    "a b c d,a b d,true",
  })
  void isMajority_oneConfiguration_countsMoreThanHalf(String voters, String agree, boolean is) {
    assertThat(Voters.of(voters.split(" ")).isMajority(Set.of(agree.split(" "))::contains))
        .isEqualTo(is);
  }

  @Test
  void isMajority_jointConfiguration_needsBothHalves() {
    Voters joint = new Voters(List.of("a", "d", "e"), List.of("a", "b", "c"));
    assertThat(joint.isMajority(Set.of("a", "d", "e")::contains)).isFalse();
    assertThat(joint.isMajority(Set.of("a", "b", "c")::contains)).isFalse();
    assertThat(joint.isMajority(Set.of("a", "b", "d")::contains)).isTrue();
    assertThat(joint.isMajority(Set.of("b", "c", "d", "e")::contains)).isTrue();
  }

  @Test
  void all_jointConfiguration_namesEachOnceInOrder() {
    assertThat(new Voters(List.of("d", "a"), List.of("c", "a")).all())
        .containsExactly("a", "c", "d");
  }

  @Test
  void new_noVoters_isRefused() {
    assertThatThrownBy(() -> new Voters(List.of(), List.of("a")))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
