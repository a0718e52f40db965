package io.troika.server.service;

import io.troika.server.core.RevisionReader;
import io.troika.server.core.model.GroupCatalog;
import io.troika.server.core.model.GroupInfo;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.TransactionRecord;
import io.troika.server.service.ports.StateEvents;
import io.troika.server.service.refusals.LaggingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The services of all Raft groups of this node, found by the name of a storage. Which group a
 * storage is in is said by the catalog, which is a part of the state of {@code g0}; a name that it
 * does not know is looked for in {@code g0}. Safe for any thread.
 */
public final class StoreGroups implements StateEvents.Listener {
  private final StoreService main;
  private final Supplier<GroupCatalog> applied;
  // Asked for with each call; the store would take a lock.
  private volatile GroupCatalog catalog;
  private final Map<String, StoreService> others = new ConcurrentSkipListMap<>();
  private final List<Consumer<StoreService>> listeners = new ArrayList<>(); // guarded by this

  /**
   * @param main of {@code g0}
   * @param applied the catalog as this node has applied it
   */
  private StoreGroups(StoreService main, Supplier<GroupCatalog> applied) {
    this.main = main;
    this.applied = applied;
    this.catalog = applied.get();
  }

  /**
   * Follows what is applied to {@code g0}.
   *
   * @param main its service
   * @param reader of its state
   * @param events that its core announces
   */
  public static StoreGroups follow(StoreService main, RevisionReader reader, StateEvents events) {
    StoreGroups groups = new StoreGroups(main, reader::catalog);
    events.addListener(groups);
    groups.catalogChanged(); // what was applied between the two
    return groups;
  }

  @Override
  public synchronized void catalogChanged() {
    catalog = applied.get();
  }

  @Override
  public void replaced() {
    catalogChanged();
  }

  @Override
  public void committed(StorageId storage, List<TransactionRecord> transactions) {
    // Says nothing about groups.
  }

  /** Takes the service of another group in, from now on. */
  public void add(StoreService service) {
    List<Consumer<StoreService>> told;
    synchronized (this) {
      others.put(service.group(), service);
      told = List.copyOf(listeners);
    }
    told.forEach(listener -> listener.accept(service));
  }

  /** Serves a group no more, which was dropped; empty if none was served. */
  public Optional<StoreService> remove(String group) {
    return Optional.ofNullable(others.remove(group));
  }

  /** Tells of each service, those that are there and those that come. */
  public void forEach(Consumer<StoreService> listener) {
    List<StoreService> present;
    synchronized (this) {
      listeners.add(listener);
      present = all();
    }
    present.forEach(listener);
  }

  /** That of {@code g0}, which also answers what concerns no storage. */
  public StoreService main() {
    return main;
  }

  /**
   * That of the group in which the storage is, or would be.
   *
   * @throws LaggingException if this node has no part in the group yet
   */
  public StoreService of(String storage) {
    return group(catalog.groupOf(storage));
  }

  /**
   * That of the group in which all these storages are.
   *
   * @throws IllegalArgumentException if they are in several
   * @throws LaggingException if this node may only be behind
   */
  public StoreService ofAll(List<String> storages) {
    String first = storages.get(0);
    StoreService service = of(first);
    for (String storage : storages) {
      StoreService other = of(storage);
      if (other == service) {
        continue;
      }
      String found =
          "storage '%s' is in group %s, '%s' is in %s: expected storages of one group"
              .formatted(first, service.group(), storage, other.group());
      if (service.reads().has(first) && other.reads().has(storage)) {
        throw new IllegalArgumentException(found);
      }
      // What is placed in a group is there a moment later, and its placement may come late, too.
      throw new LaggingException(found + ", or this node is behind");
    }
    return service;
  }

  /**
   * That of a group by its name, empty for {@code g0}.
   *
   * @throws IllegalArgumentException if it was dropped
   * @throws LaggingException if this node has no part in it, or not yet
   */
  public StoreService group(String name) {
    if (name.isEmpty() || name.equals(GroupInfo.MAIN)) {
      return main;
    }
    StoreService service = others.get(name);
    if (service == null && catalog.dropped().contains(name)) {
      throw new IllegalArgumentException("group '%s' was dropped".formatted(name));
    }
    if (service == null) {
      throw new LaggingException("this node has no part in group '%s' yet".formatted(name));
    }
    return service;
  }

  /** All that are here, {@code g0} first. */
  public List<StoreService> all() {
    List<StoreService> all = new ArrayList<>();
    all.add(main);
    all.addAll(others.values());
    return all;
  }

  /** All storages that are here, by group. */
  public List<StorageState> storages() {
    return all().stream().flatMap(service -> service.reads().storages().stream()).toList();
  }

  /** Of this cluster; empty while this node has not learned it, or if it has none. */
  public Optional<UUID> clusterId() {
    return Optional.ofNullable(catalog.cluster());
  }

  /** What this node has applied of the catalog. */
  public GroupCatalog catalog() {
    return catalog;
  }
}
