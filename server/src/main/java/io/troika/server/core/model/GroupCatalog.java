package io.troika.server.core.model;

import static io.troika.server.core.model.Checks.requireArgument;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which cluster this is, which Raft groups it has beside {@link GroupInfo#MAIN}, and which storages
 * are in them; a part of the state of that group, immutable. Small, so it is stored, digested and
 * replaced as a whole.
 *
 * @param groups each name once, in the order of names
 * @param placements by name of the storage, the group that it is in; who is not here is in {@link
 *     GroupInfo#MAIN}
 * @param dropped names of the groups that are no more
 * @param sealed in another group than {@link GroupInfo#MAIN}, which knows nothing of others: no
 *     storage is created in it any more
 * @param cluster its id, made with it and never another; null in clusters begun by a version that
 *     made none, and in the other groups
 */
public record GroupCatalog(
    List<GroupInfo> groups,
    SortedMap<String, String> placements,
    SortedSet<String> dropped,
    boolean sealed,
    @Nullable UUID cluster) {
  /** Each costs threads, heartbeats and a direct buffer on every node. */
  public static final int GROUPS_MAX = 16;

  /** So that the whole stays a small value. */
  public static final int PLACEMENTS_MAX = 10_000;

  /** In the whole life of a cluster; for the same reason. */
  public static final int DROPPED_MAX = 1_000;

  public static final GroupCatalog EMPTY = new GroupCatalog(List.of(), new TreeMap<>());

  /** Without dropped ones. */
  public GroupCatalog(List<GroupInfo> groups, SortedMap<String, String> placements) {
    this(groups, placements, new TreeSet<>(), false, null);
  }

  public GroupCatalog {
    groups = groups.stream().sorted(Comparator.comparing(GroupInfo::name)).toList();
    requireArgument(
        groups.stream().map(GroupInfo::name).distinct().count() == groups.size(),
        "a catalog names a group twice");
    placements = Collections.unmodifiableSortedMap(new TreeMap<>(placements));
    dropped = Collections.unmodifiableSortedSet(new TreeSet<>(dropped));
  }

  /** Whether there never was another group than {@link GroupInfo#MAIN}. */
  public boolean isEmpty() {
    return groups.isEmpty() && dropped.isEmpty();
  }

  /** The group of that name, which is not {@link GroupInfo#MAIN}. */
  public @Nullable GroupInfo find(String name) {
    return groups.stream().filter(group -> group.name().equals(name)).findFirst().orElse(null);
  }

  /** The name of the group in which a storage of that name is, or would be. */
  public String groupOf(String storage) {
    return placements.getOrDefault(storage, GroupInfo.MAIN);
  }

  /** The same with one more group. */
  public GroupCatalog with(GroupInfo group) {
    List<GroupInfo> more = new ArrayList<>(groups);
    more.add(group);
    return new GroupCatalog(more, placements, dropped, sealed, cluster);
  }

  /** The same with that name in a group; {@link GroupInfo#MAIN}: not placed any more. */
  public GroupCatalog placed(String storage, String group) {
    SortedMap<String, String> changed = new TreeMap<>(placements);
    if (group.equals(GroupInfo.MAIN)) {
      changed.remove(storage);
    } else {
      changed.put(storage, group);
    }
    return new GroupCatalog(groups, changed, dropped, sealed, cluster);
  }

  /** The names that are placed in a group. */
  public List<String> placedIn(String group) {
    return placements.entrySet().stream()
        .filter(placed -> placed.getValue().equals(group))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** The same without that group, whose name nobody gets any more. */
  public GroupCatalog without(String group) {
    SortedSet<String> more = new TreeSet<>(dropped);
    more.add(group);
    return new GroupCatalog(
        groups.stream().filter(each -> !each.name().equals(group)).toList(),
        placements,
        more,
        sealed,
        cluster);
  }

  /** The same of a group in which no storage is created any more. */
  public GroupCatalog asSealed() {
    return new GroupCatalog(groups, placements, dropped, true, cluster);
  }

  /** The same of the cluster with that id. */
  public GroupCatalog ofCluster(UUID id) {
    return new GroupCatalog(groups, placements, dropped, sealed, id);
  }
}
