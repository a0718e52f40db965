package io.troika.server.core;

import io.troika.server.core.command.GroupChange;
import io.troika.server.core.command.GroupChange.CreateGroup;
import io.troika.server.core.command.GroupChange.DropGroup;
import io.troika.server.core.command.GroupChange.NameCluster;
import io.troika.server.core.command.GroupChange.PlaceStorage;
import io.troika.server.core.command.GroupChange.SealGroup;
import io.troika.server.core.command.GroupChange.UnplaceStorage;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.command.Outcome.Done;
import io.troika.server.core.command.Outcome.Rejected;
import io.troika.server.core.command.Outcome.Rejected.Reason;
import io.troika.server.core.model.GroupCatalog;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.core.model.StorageState;
import java.util.List;

/**
 * Applies changes to the catalog of groups. The same again changes nothing. A name of a storage is
 * in one group only: it is placed before the storage is created there, and freed after it is gone.
 * A group is sealed by its own log before {@code g0} drops it: else a storage could be created in
 * it by one who has not heard that its name is free again.
 */
final class GroupCommands {
  private GroupCommands() {}

  static Outcome apply(GroupChange command, PendingChanges changes) {
    if (command instanceof CreateGroup create) {
      return apply(create, changes);
    }
    if (command instanceof PlaceStorage place) {
      return apply(place, changes);
    }
    if (command instanceof DropGroup drop) {
      return apply(drop, changes);
    }
    if (command instanceof SealGroup) {
      return seal(changes);
    }
    if (command instanceof NameCluster name) {
      if (changes.catalog().cluster() == null) {
        changes.changeCatalog(changes.catalog().ofCluster(name.id()));
      }
      return new Done();
    }
    UnplaceStorage unplace = (UnplaceStorage) command;
    GroupCatalog catalog = changes.catalog();
    if (catalog.groupOf(unplace.storage()).equals(unplace.group())) {
      changes.changeCatalog(catalog.placed(unplace.storage(), GroupInfo.MAIN));
    }
    return new Done();
  }

  private static Outcome apply(CreateGroup command, PendingChanges changes) {
    GroupCatalog catalog = changes.catalog();
    if (catalog.find(command.name()) != null) {
      return new Done();
    }
    if (catalog.dropped().contains(command.name())) {
      return invalid(
          "group '%s' was dropped: expected a name that none has had".formatted(command.name()));
    }
    if (catalog.groups().size() >= GroupCatalog.GROUPS_MAX) {
      return invalid(
          "group '%s': expected at most %s groups beside %s"
              .formatted(command.name(), GroupCatalog.GROUPS_MAX, GroupInfo.MAIN));
    }
    changes.changeCatalog(
        catalog.with(
            new GroupInfo(
                command.name(), command.uuid(), changes.position().index(), command.members())));
    return new Done();
  }

  private static Outcome apply(DropGroup command, PendingChanges changes) {
    GroupCatalog catalog = changes.catalog();
    if (catalog.find(command.name()) == null) {
      return new Done();
    }
    List<String> placed = catalog.placedIn(command.name());
    if (!placed.isEmpty()) {
      return invalid(
          "group '%s' is not empty: %s storages are in it, such as '%s'"
              .formatted(command.name(), placed.size(), placed.get(0)));
    }
    if (catalog.dropped().size() >= GroupCatalog.DROPPED_MAX) {
      return invalid(
          "expected at most %s groups that are dropped".formatted(GroupCatalog.DROPPED_MAX));
    }
    changes.changeCatalog(catalog.without(command.name()));
    return new Done();
  }

  private static Outcome seal(PendingChanges changes) {
    StorageState present = changes.anyStorage();
    if (present != null) {
      return invalid("the group is not empty: storage '%s' is in it".formatted(present.name()));
    }
    if (!changes.catalog().sealed()) {
      changes.changeCatalog(changes.catalog().asSealed());
    }
    return new Done();
  }

  private static Outcome apply(PlaceStorage command, PendingChanges changes) {
    GroupCatalog catalog = changes.catalog();
    if (catalog.find(command.group()) == null) {
      return invalid("there is no group '%s'".formatted(command.group()));
    }
    String present = catalog.groupOf(command.storage());
    if (present.equals(command.group())) {
      return new Done();
    }
    if (!present.equals(GroupInfo.MAIN) || changes.storageNamed(command.storage()) != null) {
      return invalid(
          "storage '%s' is there already, in group %s".formatted(command.storage(), present));
    }
    if (catalog.placements().size() >= GroupCatalog.PLACEMENTS_MAX) {
      return invalid(
          "expected at most %s storages in groups beside %s"
              .formatted(GroupCatalog.PLACEMENTS_MAX, GroupInfo.MAIN));
    }
    changes.changeCatalog(catalog.placed(command.storage(), command.group()));
    return new Done();
  }

  private static Rejected invalid(String message) {
    return new Rejected(Reason.INVALID_TRANSACTION, message);
  }
}
