package io.troika.client.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ClusterIdentityTest {
  private final ClusterIdentity identity = new ClusterIdentity();

  @Test
  void isOwn_nodesOfOneClusterAndOfNone_areOurs() {
    assertThat(identity.isOwn("a:1", true, "")).isTrue();
    assertThat(identity.isOwn("b:1", true, "one")).isTrue();
    assertThat(identity.isOwn("c:1", false, "one")).isTrue();
    assertThat(identity.isOwn("d:1", true, "")).isTrue();
    assertThat(identity.refusal()).isEmpty();
  }

  @Test
  void isOwn_configuredAddressOfAnother_refusesAndNamesBoth() {
    assertThat(identity.isOwn("a:1", true, "one")).isTrue();
    assertThat(identity.isOwn("b:1", true, "two")).isFalse();

    assertThat(identity.refusal())
        .contains(
            "a:1 leads to cluster one, and b:1 to cluster two: expected addresses of one cluster");
    assertThat(identity.isOwn("a:1", true, "one")).as("is still ours").isTrue();
    assertThat(identity.refusal()).isPresent();
  }

  @Test
  void isOwn_strangerThatIsOursAgain_isForgotten() {
    assertThat(identity.isOwn("a:1", true, "one")).isTrue();
    assertThat(identity.isOwn("b:1", true, "two")).isFalse();
    assertThat(identity.isOwn("c:1", true, "two")).isFalse();
    assertThat(identity.isOwn("b:1", true, "one")).isTrue();
    assertThat(identity.refusal()).get().asString().contains("c:1").doesNotContain("b:1");

    assertThat(identity.isOwn("c:1", true, "")).as("emptied, and not yet anybody's").isTrue();
    assertThat(identity.refusal()).isEmpty();
  }

  @Test
  void isOwn_addressThatWasOurs_isToldToBeMadeAnew() {
    assertThat(identity.isOwn("a:1", true, "one")).isTrue();
    assertThat(identity.isOwn("a:1", true, "two")).isFalse();

    assertThat(identity.refusal())
        .get()
        .asString()
        .startsWith("a:1 led to cluster one, and leads to cluster two now: it was made anew");
  }

  @Test
  void isOwn_addressThatWasGivenAway_isLeftAloneWhileAnotherIsOurs() {
    assertThat(identity.isOwn("a:1", true, "one")).isTrue();
    assertThat(identity.isOwn("b:1", true, "one")).isTrue();
    assertThat(identity.isOwn("a:1", true, "two")).isFalse();
    assertThat(identity.refusal()).as("b:1 is ours").isEmpty();

    assertThat(identity.isOwn("c:1", true, "two")).isFalse();
    assertThat(identity.refusal())
        .get()
        .asString()
        .as("never was ours, so it is a mistake of who configured it")
        .startsWith("a:1 leads to cluster one, and c:1 to cluster two");

    assertThat(identity.isOwn("b:1", true, "two")).isFalse();
    assertThat(identity.refusal())
        .get()
        .asString()
        .as("none is ours any more")
        .contains(":1 led to cluster one, and leads to cluster two now: it was made anew");
  }

  /** In a container's network a member's own address may be another cluster's here. */
  @Test
  void isOwn_learnedAddressOfAnother_isOnlyLeftAlone() {
    assertThat(identity.isOwn("a:1", true, "one")).isTrue();
    assertThat(identity.isOwn("10.0.0.2:1", false, "two")).isFalse();
    assertThat(identity.refusal()).isEmpty();
  }
}
