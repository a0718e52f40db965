package io.troika.server.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.GroupChange.CreateGroup;
import io.troika.server.core.command.GroupChange.PlaceStorage;
import io.troika.server.core.command.GroupChange.SealGroup;
import io.troika.server.core.command.StorageChange.DropStorage;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.core.model.LogPosition;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.Leadership;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Node n1 leads g0; n2 leads g1, in which "away" was placed. */
final class PlacementWatchTest {
  private static final String OTHER = "g1";

  private final ServiceFixture main = new ServiceFixture();
  private final ServiceFixture other = new ServiceFixture();
  private final FakeMembers members = new FakeMembers();

  /**
   * n1 has applied {@code applied} of the 7 entries that n2, the leader, has committed; n0 led
   * before, and has not heard of n2.
   */
  private static final class FakeMembers implements ClusterControl {
    private long applied = 7;

    @Override
    public CompletableFuture<List<Member>> members(Duration answerTimeout) {
      return CompletableFuture.completedFuture(
          List.of(
              new Member("n0", "r:0", "c:0", true, Role.LEADER, 0, 5, 5, 0, 0),
              new Member("n1", "r:1", "c:1", true, Role.FOLLOWER, 1, applied, applied, 0, 0),
              new Member("n2", "r:2", "c:2", true, Role.LEADER, 1, 7, 7, 0, 0)));
    }

    @Override
    public CompletableFuture<Leadership> transferLeadership(String target, Duration timeout) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<LogPosition> takeSnapshot(Duration timeout) {
      throw new UnsupportedOperationException();
    }
  }

  @BeforeEach
  void start() {
    other.log.apply(
        new io.troika.server.core.command.StorageChange.RenameStorage(other.storage, "there"));
    other.log.changeSilently(new Leadership(OTHER, 1, "n2", "127.0.0.1:7402", false, false));
    main.log.apply(
        new CreateGroup(
            OTHER, new UUID(5, 6), List.of(new GroupInfo.Member("n1", "h:1", "h:2", "h:3"))));
    main.log.apply(new PlaceStorage("there", OTHER));
    main.log.apply(new PlaceStorage("away", OTHER));
    main.groups.add(other.service);
    PlacementWatch unused =
        PlacementWatch.start("n1", main.groups, () -> Map.of(OTHER, members), main.timer);
  }

  @AfterEach
  void close() {
    other.close();
    main.close();
  }

  private void pass(Duration time) {
    for (Duration passed = Duration.ZERO;
        passed.compareTo(time) < 0;
        passed = passed.plus(PlacementWatch.PERIOD)) {
      main.timer.advance(PlacementWatch.PERIOD);
    }
  }

  private String whereIs(String name) {
    return main.store.catalog().groupOf(name);
  }

  @Test
  void nameWithoutAStorage_isFreeAfterAWhile_othersStay() {
    pass(PlacementWatch.UNUSED_MAX.minus(PlacementWatch.PERIOD.multipliedBy(2)));
    assertThat(whereIs("away")).as("its creation may be under way").isEqualTo(OTHER);

    pass(PlacementWatch.PERIOD.multipliedBy(3));
    assertThat(whereIs("away")).isEqualTo("g0");
    assertThat(whereIs("there")).isEqualTo(OTHER);
  }

  /** Else the group could not be dropped all the time. */
  @Test
  void nameInASealedGroup_isFreeSoon() {
    other.log.apply(new DropStorage(other.storage, 1));
    other.log.apply(new SealGroup());
    assertThat(other.store.catalog().sealed()).isTrue();

    pass(PlacementWatch.PERIOD.multipliedBy(3));

    assertThat(main.store.catalog().placedIn(OTHER)).isEmpty();
  }

  @Test
  void nameWhoseStorageIsCreatedMeanwhile_stays() {
    pass(PlacementWatch.UNUSED_MAX.dividedBy(2));
    other.log.apply(new CreateStorage("away", new UUID(7, 8)));
    pass(PlacementWatch.UNUSED_MAX.multipliedBy(2));

    assertThat(whereIs("away")).isEqualTo(OTHER);
  }

  @Test
  void nodeThatIsBehindInTheGroup_freesNothing() {
    members.applied = 6;
    pass(PlacementWatch.UNUSED_MAX.multipliedBy(2));
    assertThat(whereIs("away")).isEqualTo(OTHER);

    members.applied = 7;
    pass(PlacementWatch.UNUSED_MAX.plus(PlacementWatch.PERIOD));
    assertThat(whereIs("away")).isEqualTo("g0");
  }

  @Test
  void nodeThatDoesNotLead_doesNothing() {
    main.log.follow(2);
    pass(PlacementWatch.UNUSED_MAX.multipliedBy(2));

    assertThat(whereIs("away")).isEqualTo(OTHER);
  }

  @Test
  void storageWhoseNameIsNotPlaced_isPlacedAgain() {
    other.log.apply(new CreateStorage("orphan", new UUID(9, 9)));
    pass(PlacementWatch.PERIOD.multipliedBy(3));

    assertThat(whereIs("orphan")).isEqualTo(OTHER);
  }
}
