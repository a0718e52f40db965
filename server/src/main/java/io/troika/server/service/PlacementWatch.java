package io.troika.server.service;

import io.troika.server.core.model.GroupInfo;
import io.troika.server.core.model.StorageState;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.ClusterControl.Member;
import io.troika.server.service.ports.ClusterControl.Role;
import io.troika.server.service.ports.ServiceTimer;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the catalog agree with what is in the groups. A name is placed before its storage is
 * created, and freed after it is dropped, by the client that does both; one that ends in between
 * leaves a name that is placed for nothing. So the leader of {@code g0} frees a name of which there
 * has been no storage for {@link #UNUSED_MAX} (none is waited for in a group that is sealed), and
 * places one again whose storage is there all the same, because the two crossed. Before it does, it
 * makes sure that its state of the group is as new as the leader's.
 */
public final class PlacementWatch implements AutoCloseable {
  static final Duration PERIOD = Duration.ofSeconds(10);

  /** Much longer than a client waits between placing a name and creating its storage. */
  static final Duration UNUSED_MAX = Duration.ofMinutes(5);

  private static final Logger log = LoggerFactory.getLogger(PlacementWatch.class);

  private final String nodeId;
  private final StoreGroups groups;
  private final Supplier<Map<String, ClusterControl>> clusters;
  private final ServiceTimer timer;

  // On the timer's thread only.
  private final Map<Misfit, Long> sinceNanos = new HashMap<>();

  private volatile boolean closed;

  /**
   * A name that is placed in a group without a storage, or the other way round.
   *
   * @param placed whether it is the former
   */
  private record Misfit(String storage, String group, boolean placed) {}

  private PlacementWatch(
      String nodeId,
      StoreGroups groups,
      Supplier<Map<String, ClusterControl>> clusters,
      ServiceTimer timer) {
    this.nodeId = nodeId;
    this.groups = groups;
    this.clusters = clusters;
    this.timer = timer;
  }

  /**
   * Looks again and again from now on. What it is given belongs to the caller.
   *
   * @param clusters this node's part in each group, by name
   */
  public static PlacementWatch start(
      String nodeId,
      StoreGroups groups,
      Supplier<Map<String, ClusterControl>> clusters,
      ServiceTimer timer) {
    PlacementWatch watch = new PlacementWatch(nodeId, groups, clusters, timer);
    watch.lookAgain();
    return watch;
  }

  private void lookAgain() {
    if (!closed) {
      try {
        look();
      } finally {
        var unused = timer.schedule(PERIOD, this::lookAgain);
      }
    }
  }

  private void look() {
    Set<Misfit> present = groups.main().leadership().self() ? misfits() : Set.of();
    sinceNanos.keySet().retainAll(present);
    long now = timer.nanoTime();
    for (Misfit misfit : present) {
      long since = sinceNanos.computeIfAbsent(misfit, first -> now);
      if (now - since >= waitFor(misfit).toNanos()) {
        sinceNanos.remove(misfit);
        mend(misfit);
      }
    }
  }

  /** Into a group that is sealed no storage comes any more, and it is to be dropped. */
  private Duration waitFor(Misfit misfit) {
    boolean sealed =
        groups.all().stream()
            .filter(service -> service.group().equals(misfit.group()))
            .anyMatch(service -> service.groupChanges().isSealed());
    return misfit.placed() && !sealed ? UNUSED_MAX : PERIOD;
  }

  private Set<Misfit> misfits() {
    Set<Misfit> found = new HashSet<>();
    for (StoreService service : groups.all()) {
      String group = service.group();
      if (group.equals(GroupInfo.MAIN)) {
        continue; // which is where all is that is not placed
      }
      List<String> there = service.reads().storages().stream().map(StorageState::name).toList();
      List<String> placed = groups.catalog().placedIn(group);
      placed.stream()
          .filter(name -> !there.contains(name))
          .forEach(name -> found.add(new Misfit(name, group, true)));
      there.stream()
          .filter(name -> groups.catalog().groupOf(name).equals(GroupInfo.MAIN))
          .forEach(name -> found.add(new Misfit(name, group, false)));
    }
    return found;
  }

  private void mend(Misfit misfit) {
    ClusterControl cluster = clusters.get().get(misfit.group());
    if (cluster == null) {
      return;
    }
    var unused =
        cluster
            .members()
            .thenCompose(
                members -> {
                  if (!isInStep(members) || !misfits().contains(misfit)) {
                    return CompletableFuture.completedFuture(null);
                  }
                  log.info(
                      misfit.placed()
                          ? "name '{}' was placed in group {}, and no storage has it: it is free again"
                          : "storage '{}' is in group {} without its name being placed there: it is",
                      misfit.storage(),
                      misfit.group());
                  return misfit.placed()
                      ? groups.main().groupChanges().unplace(misfit.storage(), misfit.group())
                      : groups.main().groupChanges().place(misfit.storage(), misfit.group());
                })
            .exceptionally(
                failure -> {
                  log.info("{} is looked at again later: {}", misfit, failure.toString());
                  return null;
                });
  }

  /** Whether this node has applied all that the group's leader knows to be committed. */
  private boolean isInStep(List<Member> members) {
    // One who was deposed and has not heard of it knows less to be committed.
    long newest = members.stream().mapToLong(Member::term).max().orElse(0);
    Optional<Member> leader =
        members.stream()
            .filter(member -> member.role() == Role.LEADER && member.term() == newest)
            .findFirst();
    Optional<Member> self =
        members.stream().filter(member -> member.nodeId().equals(nodeId)).findFirst();
    return leader.isPresent()
        && self.isPresent()
        && self.get().appliedIndex() >= leader.get().committedIndex();
  }

  /** Looks no more. */
  @Override
  public void close() {
    closed = true;
  }
}
