package io.troika.server.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.GroupChange.CreateGroup;
import io.troika.server.core.command.GroupChange.DropGroup;
import io.troika.server.core.command.GroupChange.PlaceStorage;
import io.troika.server.core.command.GroupChange.UnplaceStorage;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.core.model.StorageState;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.refusals.LaggingException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which service is asked for a storage. */
class StoreGroupsTest {
  private static final String OTHER = "g1";

  private final ServiceFixture main = new ServiceFixture();
  private final ServiceFixture other = new ServiceFixture();
  private final StoreGroups groups = main.groups;

  @BeforeEach
  void createGroup() {
    other.log.changeSilently(new Leadership(OTHER, 1, "n1", "127.0.0.1:7401", true, true));
    main.log.apply(
        new CreateGroup(
            OTHER, new UUID(5, 6), List.of(new GroupInfo.Member("n1", "h:1", "h:2", "h:3"))));
    main.log.apply(new PlaceStorage("away", OTHER));
  }

  @AfterEach
  void close() {
    other.close();
    main.close();
  }

  private void createAway() {
    other.log.apply(new CreateStorage("away", new UUID(7, 8)));
  }

  @Test
  void of_storage_isTheServiceOfItsGroup() {
    groups.add(other.service);

    assertThat(groups.of("away")).isSameAs(other.service);
    assertThat(groups.of("main")).isSameAs(main.service);
    assertThat(groups.of("nobody placed it")).isSameAs(main.service);

    main.log.apply(new UnplaceStorage("away", OTHER));
    assertThat(groups.of("away")).isSameAs(main.service);
  }

  @Test
  void of_groupThatIsNotHereYet_failsAsLagging() {
    assertThatThrownBy(() -> groups.of("away")).isInstanceOf(LaggingException.class);
    assertThatThrownBy(() -> groups.group("g2")).isInstanceOf(LaggingException.class);
  }

  @Test
  void group_thatWasDropped_isServedNoMoreAndSaidToBeGone() {
    groups.add(other.service);
    main.log.apply(new UnplaceStorage("away", OTHER));
    main.log.apply(new DropGroup(OTHER));
    assertThat(groups.remove(OTHER)).contains(other.service);
    assertThat(groups.remove(OTHER)).isEmpty();

    assertThat(groups.all()).containsExactly(main.service);
    assertThatThrownBy(() -> groups.group(OTHER))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("was dropped");
  }

  @Test
  void group_emptyOrTheFirst_isMain() {
    groups.add(other.service);

    assertThat(groups.group("")).isSameAs(main.service);
    assertThat(groups.group(GroupInfo.MAIN)).isSameAs(main.service);
    assertThat(groups.group(OTHER)).isSameAs(other.service);
  }

  @Test
  void ofAll_storagesOfOneGroup_isItsService() {
    groups.add(other.service);

    assertThat(groups.ofAll(List.of("main", "not placed"))).isSameAs(main.service);
    assertThat(groups.ofAll(List.of("away", "away"))).isSameAs(other.service);
  }

  @Test
  void ofAll_storagesOfSeveralGroups_isRefusedOnceAllAreHere() {
    groups.add(other.service);
    assertThatThrownBy(() -> groups.ofAll(List.of("main", "away")))
        .isInstanceOf(LaggingException.class);

    createAway();

    assertThatThrownBy(() -> groups.ofAll(List.of("main", "away")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'main' is in group g0, 'away' is in g1");
    assertThatThrownBy(() -> groups.ofAll(List.of("not here", "away")))
        .isInstanceOf(LaggingException.class);
  }

  @Test
  void forEach_tellsOfThoseThatAreHereAndOfThoseThatCome() {
    List<StoreService> told = new ArrayList<>();
    groups.forEach(told::add);
    assertThat(told).containsExactly(main.service);

    groups.add(other.service);

    assertThat(told).containsExactly(main.service, other.service);
    assertThat(groups.all()).isEqualTo(told);
  }

  @Test
  void storages_areThoseOfAllGroupsTheFirstGroupFirst() {
    groups.add(other.service);
    createAway();

    assertThat(groups.storages())
        .extracting(StorageState::name)
        .startsWith("main")
        .contains("away");
  }
}
