package io.troika.client.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.internal.codec.MemberList;
import io.troika.client.internal.connection.NodeRoutes.Place;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which addresses are used, and which are tried, for what is known. */
final class NodeRoutesTest {
  private static final MemberList THREE =
      new MemberList(7, Map.of("n1", "a:1", "n2", "b:1", "n3", "c:1"));

  private static Place seed(String address, String id, boolean answers) {
    return new Place(address, true, id, answers);
  }

  private static Place learned(String address, String id) {
    return new Place(address, false, id, !id.isEmpty());
  }

  private static NodeRoutes routes(MemberList members, Place... places) {
    return NodeRoutes.of(members, List.of(places));
  }

  @Test
  void membersUnknown_seedsAreUsed_andWhoEverHasAnswered() {
    NodeRoutes routes =
        routes(
            MemberList.UNKNOWN,
            seed("a:1", "", false),
            seed("b:1", "", false),
            learned("c:1", "n3"),
            learned("d:1", ""));

    assertThat(routes.used()).containsExactly("a:1", "b:1", "c:1");
    assertThat(routes.wanted()).isEmpty();
  }

  @Test
  void memberNotConfigured_isTried_andUsedOnceItHasAnsweredAsItself() {
    Place one = seed("a:1", "n1", true);
    Place two = seed("b:1", "n2", true);

    assertThat(routes(THREE, one, two).wanted()).containsExactly("c:1");
    assertThat(routes(THREE, one, two).used()).containsExactly("a:1", "b:1");
    assertThat(routes(THREE, one, two, learned("c:1", "n3")).wanted()).isEmpty();
    assertThat(routes(THREE, one, two, learned("c:1", "n3")).used())
        .containsExactly("a:1", "b:1", "c:1");
    assertThat(routes(THREE, one, two, learned("c:1", "someone else")).used())
        .containsExactly("a:1", "b:1");
  }

  @Test
  void membersReachedByPublishedPorts_theirOwnAddressesAreNotTried() {
    NodeRoutes routes =
        routes(THREE, seed("x:1", "n1", true), seed("x:2", "n2", true), seed("x:3", "n3", true));

    assertThat(routes.used()).containsExactly("x:1", "x:2", "x:3");
    assertThat(routes.wanted()).isEmpty();
  }

  @Test
  void seedThatLedToAMemberFallsSilent_itsOwnAddressIsTried_andTakesTheSeedsPlace() {
    Place silent = seed("x:1", "n1", false);
    Place two = seed("b:1", "n2", true);
    Place three = seed("c:1", "n3", true);

    assertThat(routes(THREE, silent, two, three).used()).containsExactly("x:1", "b:1", "c:1");
    assertThat(routes(THREE, silent, two, three).wanted()).containsExactly("a:1");
    assertThat(routes(THREE, silent, two, three, learned("a:1", "n1")).used())
        .containsExactly("b:1", "c:1", "a:1");
  }

  @Test
  void seedOfNoMember_rests_untilItLeadsToOneAgain() {
    Place removed = seed("old:1", "n0", true);
    Place unheard = seed("never:1", "", false);
    Place one = seed("a:1", "n1", true);

    assertThat(routes(THREE, removed, unheard, one).used()).containsExactly("a:1");
    assertThat(routes(THREE, seed("old:1", "n2", true), one).used())
        .containsExactly("old:1", "a:1");
  }

  @Test
  void nothingLeadsToAnyMember_seedsAreUsed() {
    assertThat(routes(THREE, seed("old:1", "n0", true), learned("d:1", "")).used())
        .containsExactly("old:1");
  }

  @Test
  void learnedNodeThatIsNoMember_isNotNeeded() {
    Place one = seed("a:1", "n1", true);
    Place gone = learned("d:1", "n4");
    NodeRoutes routes = routes(THREE, one, gone);

    assertThat(routes.isNeeded(gone, THREE.addresses())).isFalse();
    assertThat(routes.isNeeded(learned("c:1", ""), THREE.addresses())).isTrue();
    assertThat(routes.isNeeded(seed("old:1", "n0", false), THREE.addresses())).isTrue();
  }
}
