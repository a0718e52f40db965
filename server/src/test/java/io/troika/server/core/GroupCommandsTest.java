package io.troika.server.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.GroupChange.CreateGroup;
import io.troika.server.core.command.GroupChange.DropGroup;
import io.troika.server.core.command.GroupChange.NameCluster;
import io.troika.server.core.command.GroupChange.PlaceStorage;
import io.troika.server.core.command.GroupChange.SealGroup;
import io.troika.server.core.command.GroupChange.UnplaceStorage;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Done;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.StorageChange.DropStorage;
import io.troika.server.core.command.StorageChange.RenameStorage;
import io.troika.server.core.digest.ReplicaDigest;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.GroupCatalog;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.core.model.LogPosition;
import io.troika.server.log.GroupCodec;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class GroupCommandsTest {
  private static final List<GroupInfo.Member> MEMBERS =
      List.of(new GroupInfo.Member("n1", "h:1", "h:2", "h:3"));

  private final MemoryRevisionStore store = new MemoryRevisionStore();
  private final StorageCore core = new StorageCore(store, CommitListener.NONE);
  private long index;

  @Test
  void create_again_keepsTheFirst() {
    apply(create("g1", 1));
    long created = index;
    assertThat(apply(create("g1", 2))).isEqualTo(new Done());
    assertThat(store.catalog().groups())
        .containsExactly(new GroupInfo("g1", new UUID(0, 1), created, MEMBERS));
  }

  @Test
  void create_tooMany_isRejected() {
    for (int i = 0; i < GroupCatalog.GROUPS_MAX; i++) {
      assertThat(apply(create("a" + i, i))).isEqualTo(new Done());
    }
    assertRejected(apply(create("b", 99)), "at most 16 groups");
    assertThat(store.catalog().groups()).hasSize(GroupCatalog.GROUPS_MAX);
  }

  @Test
  void place_thenCreateOrRenameHere_isRejected() {
    apply(create("g1", 1));
    apply(new CreateStorage("main", new UUID(1, 1)));
    assertThat(apply(new PlaceStorage("away", "g1"))).isEqualTo(new Done());
    assertThat(store.catalog().groupOf("away")).isEqualTo("g1");
    assertRejected(apply(new CreateStorage("away", new UUID(1, 2))), "in group g1");
    assertRejected(apply(new RenameStorage(store.storages().get(0).id(), "away")), "in group g1");
    assertThat(store.storages()).hasSize(1);
  }

  @Test
  void place_whatIsHereOrElsewhere_isRejected() {
    apply(create("g1", 1));
    apply(create("g2", 2));
    apply(new CreateStorage("main", new UUID(1, 1)));
    apply(new PlaceStorage("away", "g1"));
    assertRejected(apply(new PlaceStorage("main", "g1")), "in group g0");
    assertRejected(apply(new PlaceStorage("away", "g2")), "in group g1");
    assertRejected(apply(new PlaceStorage("new", "g3")), "no group 'g3'");
    assertThat(apply(new PlaceStorage("away", "g1"))).isEqualTo(new Done());
  }

  @Test
  void unplace_freesTheNameInThatGroupOnly() {
    apply(create("g1", 1));
    apply(create("g2", 2));
    apply(new PlaceStorage("away", "g1"));
    apply(new UnplaceStorage("away", "g2"));
    assertThat(store.catalog().groupOf("away")).isEqualTo("g1");
    apply(new UnplaceStorage("away", "g1"));
    assertThat(store.catalog().groupOf("away")).isEqualTo("g0");
    apply(new CreateStorage("away", new UUID(1, 2)));
    assertThat(store.storages()).hasSize(1);
  }

  @Test
  void drop_ofAGroupWithAPlacedName_isRejected_ofAnEmptyOneIsForGood() {
    apply(create("g1", 1));
    apply(create("g2", 2));
    apply(new PlaceStorage("away", "g1"));
    assertRejected(apply(new DropGroup("g1")), "such as 'away'");
    assertThat(store.catalog().groups()).hasSize(2);

    apply(new UnplaceStorage("away", "g1"));
    assertThat(apply(new DropGroup("g1"))).isEqualTo(new Done());
    assertThat(apply(new DropGroup("g1"))).isEqualTo(new Done());
    assertThat(apply(new DropGroup("never")).getClass()).isEqualTo(Done.class);
    assertThat(store.catalog().groups()).extracting(GroupInfo::name).containsExactly("g2");
    assertThat(store.catalog().dropped()).containsExactly("g1");
    assertRejected(apply(create("g1", 3)), "'g1' was dropped");
    assertRejected(apply(new PlaceStorage("away", "g1")), "no group 'g1'");
  }

  @Test
  void seal_emptyGroup_createsNoStorageAnyMore() {
    apply(new CreateStorage("one", new UUID(1, 1)));
    assertRejected(apply(new SealGroup()), "storage 'one' is in it");

    apply(new DropStorage(store.storages().get(0).id(), 1));
    assertThat(apply(new SealGroup())).isEqualTo(new Done());
    long changed = store.group().applied().index();
    assertRejected(apply(new CreateStorage("two", new UUID(1, 2))), "is being dropped");
    assertThat(apply(new SealGroup())).isEqualTo(new Done());
    assertThat(store.storages()).isEmpty();
    assertThat(store.catalog().sealed()).as("since entry %s", changed).isTrue();
  }

  @Test
  void nameCluster_again_keepsTheFirstId() {
    MemoryRevisionStore other = new MemoryRevisionStore();
    StorageCore named = new StorageCore(other, CommitListener.NONE);
    named.apply(new LogPosition(1, 1), entry(new NameCluster(new UUID(2, 2))));
    assertThat(apply(new NameCluster(new UUID(1, 1)))).isEqualTo(new Done());
    assertThat(new ReplicaDigest(store).group()).isNotEqualTo(new ReplicaDigest(other).group());
    assertThat(apply(new NameCluster(new UUID(2, 2)))).isEqualTo(new Done());
    assertThat(store.catalog().cluster()).isEqualTo(new UUID(1, 1));

    apply(create("g1", 1));
    apply(new PlaceStorage("away", "g1"));
    apply(new UnplaceStorage("away", "g1"));
    apply(new DropGroup("g1"));
    assertThat(store.catalog().asSealed().cluster())
        .as("kept by all else")
        .isEqualTo(new UUID(1, 1));
  }

  @Test
  void catalog_withWhatWasDropped_isInTheDigestAndSurvivesItsEncoding() {
    apply(create("g1", 1));
    String before = new ReplicaDigest(store).group().toString();
    apply(new DropGroup("g1"));
    assertThat(store.catalog().groups()).isEmpty();
    for (GroupCatalog each :
        List.of(
            store.catalog(),
            store.catalog().asSealed(),
            store.catalog().ofCluster(new UUID(1, 1)))) {
      assertThat(GroupCodec.decode(Bytes.wrap(GroupCodec.encode(each)))).isEqualTo(each);
    }
    assertThat(new ReplicaDigest(store).group().toString()).isNotEqualTo(before);
  }

  @Test
  void catalog_isInTheDigestAndSurvivesItsEncoding() {
    MemoryRevisionStore other = new MemoryRevisionStore();
    StorageCore same = new StorageCore(other, CommitListener.NONE);
    apply(create("g1", 1));
    apply(new PlaceStorage("away", "g1"));
    same.apply(new LogPosition(1, 1), entry(create("g1", 1)));
    same.apply(new LogPosition(1, 2), entry(new PlaceStorage("other", "g1")));
    assertThat(new ReplicaDigest(other).group()).isNotEqualTo(new ReplicaDigest(store).group());
    assertThat(GroupCodec.decode(Bytes.wrap(GroupCodec.encode(store.catalog()))))
        .isEqualTo(store.catalog());
  }

  private static CreateGroup create(String name, long uuid) {
    return new CreateGroup(name, new UUID(0, uuid), MEMBERS);
  }

  private static void assertRejected(Outcome outcome, String message) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Rejected.class, rejected -> assertThat(rejected.message()).contains(message));
  }

  private static LogEntry entry(Command command) {
    return new LogEntry(1_000, 1_000, List.of(command));
  }

  private Outcome apply(Command command) {
    return core.apply(new LogPosition(1, ++index), entry(command)).get(0);
  }
}
