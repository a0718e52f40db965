package io.troika.server.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.server.core.CommitListener;
import io.troika.server.core.StorageCore;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.StorageChange.DropStorage;
import io.troika.server.core.command.StorageChange.RenameStorage;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.service.ports.FakeLog;
import io.troika.server.service.refusals.OverloadedException;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A new group gets storage main, once. */
final class MainStorageTest {
  private final MemoryRevisionStore store = new MemoryRevisionStore();
  private final FakeLog log = new FakeLog(new StorageCore(store, CommitListener.NONE));
  private final MainStorage main = new MainStorage(log, store, Runnable::run);

  @AfterEach
  void close() {
    store.close();
  }

  private List<String> names() {
    return store.storages().stream().map(StorageState::name).toList();
  }

  private StorageId made() {
    main.makeOnce();
    return store.storages().get(0).id();
  }

  @Test
  void newGroup_leader_makesIt() {
    main.makeOnce();

    assertThat(names()).containsExactly("main");
  }

  @Test
  void newGroup_follower_makesNothing() {
    log.follow(1);

    main.makeOnce();

    assertThat(names()).isEmpty();
  }

  /** By which clients tell this cluster from others. */
  @Test
  void newGroup_leader_givesTheClusterAnId() {
    main.makeOnce();
    UUID id = store.catalog().cluster();
    assertThat(id).isNotNull();

    log.lead(2);

    assertThat(store.catalog().cluster()).isEqualTo(id);
  }

  @Test
  void newGroup_leaderThatFailed_isMadeByTheNext() {
    log.refuse(new OverloadedException("full"));
    main.makeOnce();
    assertThat(names()).isEmpty();

    log.refuse(null);
    log.lead(2);

    assertThat(names()).containsExactly("main");
  }

  @Test
  void dropped_nextLeader_leavesItSo() {
    log.apply(new DropStorage(made(), 1));

    log.lead(2);

    assertThat(names()).isEmpty();
  }

  @Test
  void renamed_nextLeader_makesNoOther() {
    log.apply(new RenameStorage(made(), "site"));

    log.lead(2);

    assertThat(names()).containsExactly("site");
  }

  @Test
  void groupWithAnotherStorage_nextLeader_makesNoMain() {
    log.follow(1);
    main.makeOnce();
    log.apply(new CreateStorage("mine", UUID.randomUUID()));

    log.lead(2);

    assertThat(names()).containsExactly("mine");
  }
}
