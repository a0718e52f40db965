package io.troika.server.front.zeo.session;

import io.troika.server.core.model.StorageState;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.refusals.LaggingException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The contexts of all Raft groups of this node, by the name of a storage. Safe for any thread. */
public final class GroupContexts {
  private final StoreGroups groups;
  private final Map<String, FrontContext> contexts = new ConcurrentHashMap<>();

  GroupContexts(StoreGroups groups) {
    this.groups = groups;
  }

  void add(FrontContext context) {
    contexts.put(context.service().group(), context);
  }

  /**
   * That of the group in which the storage is, or would be.
   *
   * @throws LaggingException if this node has no part in it yet
   */
  FrontContext of(String storage) {
    String group = groups.of(storage).group();
    FrontContext context = contexts.get(group);
    if (context == null) {
      throw new LaggingException("group '%s' is not served here yet".formatted(group));
    }
    return context;
  }

  /** Whether a name may come to be in another group than the one in which it is looked for. */
  boolean areSeveral() {
    return !groups.catalog().isEmpty();
  }

  /** Those of all groups that are here, those of the first group first. */
  public List<StorageState> storages() {
    return groups.storages();
  }
}
