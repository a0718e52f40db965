package io.troika.server.core.command;

import io.troika.server.core.model.GroupInfo;
import io.troika.server.core.model.StorageState;
import java.util.List;
import java.util.UUID;

/**
 * Commands about the cluster, its Raft groups, and about which storage is in which. They stand in
 * the log of {@link GroupInfo#MAIN} only, but for {@link SealGroup}.
 */
public sealed interface GroupChange extends Command {

  /**
   * Begin another group. One of that name stays as it is.
   *
   * @param members who begin it: those of {@link GroupInfo#MAIN}
   */
  record CreateGroup(String name, UUID uuid, List<GroupInfo.Member> members)
      implements GroupChange {
    public CreateGroup {
      members = new GroupInfo(name, uuid, 0, members).members();
    }
  }

  /**
   * End a group for good, of which no storage's name is placed in it any more. Done if there is
   * none of that name; no group ever gets the name of one that was dropped.
   */
  record DropGroup(String name) implements GroupChange {
    public DropGroup {
      GroupInfo.requireName(name);
    }
  }

  /**
   * No storage is created any more in the group in whose log this stands, which has none: so it can
   * be dropped. Never in that of {@link GroupInfo#MAIN}.
   */
  record SealGroup() implements GroupChange {}

  /** From now on a storage of that name is in that group: there it may be created. */
  record PlaceStorage(String storage, String group) implements GroupChange {
    public PlaceStorage {
      StorageState.requireName(storage);
      GroupInfo.requireName(group);
    }
  }

  /** The cluster gets this id; one that has an id keeps it. */
  record NameCluster(UUID id) implements GroupChange {}

  /** A storage of that name is not in that group any more. */
  record UnplaceStorage(String storage, String group) implements GroupChange {
    public UnplaceStorage {
      StorageState.requireName(storage);
      GroupInfo.requireName(group);
    }
  }
}
