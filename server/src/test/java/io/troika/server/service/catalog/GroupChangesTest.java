package io.troika.server.service.catalog;

import static io.troika.server.service.ServiceFixture.done;
import static io.troika.server.service.ServiceFixture.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.GroupChange.CreateGroup;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.service.refusals.NotLeaderException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What gets into the log of g0 about groups, and what is answered without it. */
final class GroupChangesTest {
  private static final GroupInfo.Member MEMBER = new GroupInfo.Member("n1", "h:1", "h:2", "h:3");

  private final ServiceFixture fixture = new ServiceFixture();
  private final GroupChanges changes = fixture.service.groupChanges();

  @AfterEach
  void close() {
    fixture.close();
  }

  private void createGroup() {
    fixture.log.apply(new CreateGroup("g1", new UUID(5, 6), List.of(MEMBER)));
  }

  /** Who asks comes again: a change of members ends, and so does the first moment of a cluster. */
  @Test
  void create_whileTheMembersChange_isNotNow() {
    assertThat(failure(create(List.of())))
        .isInstanceOf(LaggingException.class)
        .hasMessageContaining("'g1': the members of the cluster are being changed");
    assertThat(fixture.log.submittedCount()).isZero();

    done(create(List.of(MEMBER)));
    assertThat(fixture.store.catalog().find("g1")).isNotNull();
    assertThat(done(create(List.of()))).as("it is there").isNull();
  }

  private CompletableFuture<Void> create(List<GroupInfo.Member> members) {
    return changes.create("g1", () -> CompletableFuture.completedFuture(members));
  }

  @Test
  void place_inAGroupThatIsThere_isAnEntry() {
    createGroup();
    done(changes.place("away", "g1"));

    assertThat(done(changes.whereIs("away"))).isEqualTo("g1");
    assertThat(fixture.log.submittedCount()).isEqualTo(1);
  }

  /** Nodes of an older version would stop at the entry. */
  @Test
  void placeOrDrop_noSuchGroup_noEntry() {
    assertThat(failure(changes.place("away", "g1")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no group 'g1'");
    done(changes.drop("g1", () -> true));

    assertThat(fixture.log.submittedCount()).isZero();
  }

  @Test
  void placeOrDrop_ofOneThatIsBehind_isLeftToTheLeader() {
    fixture.log.follow(2);

    assertThat(failure(changes.place("away", "g1"))).isInstanceOf(NotLeaderException.class);
    assertThat(failure(changes.drop("g1", () -> true))).isInstanceOf(NotLeaderException.class);
  }

  @Test
  void drop_sealed_isGone() {
    createGroup();
    done(changes.drop("g1", () -> true));

    assertThat(fixture.store.catalog().groups()).isEmpty();
    assertThat(fixture.store.catalog().dropped()).containsExactly("g1");
  }

  /** It hears of the group only by what it applies before it can serve. */
  @Test
  void drop_notSealedByWhoWasJustElected_isRefused() {
    fixture.log.elect(2);
    CompletableFuture<Void> dropped = changes.drop("g1", () -> false);
    createGroup();
    fixture.log.lead(2);

    assertThat(failure(dropped)).isInstanceOf(LaggingException.class);
    assertThat(fixture.store.catalog().find("g1")).isNotNull();
  }
}
