package io.troika.server.service.catalog;

import static io.troika.server.service.ServiceFixture.done;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.troika.server.core.model.StorageId;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.refusals.LaggingException;
import io.troika.server.service.refusals.RequestRefusedException;
import io.troika.server.storage.memory.MemoryRevisionStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Storages that get other names, or go. */
class StorageNamesTest {
  private final ServiceFixture fixture = new ServiceFixture();
  private final StorageNames names = new StorageNames(fixture.log, fixture.store);

  @BeforeEach
  void listen() {
    fixture.events.addListener(names);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void find_renamed_isThereUnderItsNewNameOnly() {
    StorageId id = names.find("main").id();
    done(fixture.service.storageChanges().rename("main", "new"));

    assertThat(names.find("new").id()).isEqualTo(id);
    assertUnknown("main");
  }

  @Test
  void dropped_allItsNamesAreForgotten() {
    done(fixture.transactions().createStorage("other"));
    StorageId id = names.find("other").id();
    StorageId stays = names.find("main").id();
    done(fixture.service.storageChanges().rename("other", "new"));
    assertThat(names.find("new").id()).isEqualTo(id);

    done(fixture.service.storageChanges().drop("new", 1));

    assertThat(names.knownCount()).isEqualTo(1);
    assertUnknown("new");
    assertThat(names.find("main").id()).isEqualTo(stays);
  }

  /** Whoever leads it is about to make its first storage. */
  @Test
  void find_inANewCluster_isNotNow() {
    StorageNames ofNew = new StorageNames(fixture.log, new MemoryRevisionStore());

    assertThatExceptionOfType(LaggingException.class)
        .isThrownBy(() -> ofNew.find("main"))
        .withMessageContaining("'main' does not exist yet");
    assertUnknown("other");
  }

  private void assertUnknown(String name) {
    assertThatExceptionOfType(RequestRefusedException.class)
        .isThrownBy(() -> names.find(name))
        .matches(refused -> refused.reason() == RequestRefusedException.Reason.UNKNOWN_STORAGE);
  }
}
