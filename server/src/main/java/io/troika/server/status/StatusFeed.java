package io.troika.server.status;

import io.troika.server.core.model.GroupInfo;
import io.troika.server.core.model.StorageState;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.ClusterControl.Member;
import io.troika.server.service.ports.Leadership;
import io.troika.server.service.ports.ServiceTimer;
import io.troika.server.status.GroupsJson.Seen;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The document behind the status page. While somebody looks, it is made anew each second and when
 * the leader changes, whoever and however many look; nobody waits for another node but the first.
 * When nobody has looked for a while, nothing is done. Safe for any thread.
 */
public final class StatusFeed implements AutoCloseable {
  /** Between two looks at the cluster. */
  static final Duration REFRESH_PAUSE = Duration.ofSeconds(1);

  /** How long it is kept fresh after somebody has looked. */
  static final Duration WATCHED = Duration.ofSeconds(5);

  private static final Logger LOG = LoggerFactory.getLogger(StatusFeed.class);
  private static final Duration PEER_PATIENCE = Duration.ofMillis(900);

  /** How long the first who looks waits for the other nodes. */
  private static final Duration FIRST_MAX = Duration.ofSeconds(3);

  private final NodeReporter reporter;
  private final StoreGroups groups;
  private final Supplier<Map<String, ClusterControl>> clusters;
  private final PeerReports peers;
  private final ServiceTimer timer;
  private final Executor executor;

  // Guarded by this.
  private boolean awake;
  private boolean asking;
  private boolean closed;
  private long lookedNanos;
  private Map<String, List<Member>> members = Map.of();
  private final Map<String, NodeReport> reports = new TreeMap<>();
  private CompletableFuture<Written> document = new CompletableFuture<>();
  private StorageRows storages;

  /**
   * One document.
   *
   * @param head all but the storages, a JSON object
   */
  private record Written(String head, StorageRows storages) {
    String text(String since) {
      return "%s,%s}".formatted(head.substring(0, head.length() - 1), storages.members(since));
    }
  }

  private StatusFeed(
      NodeReporter reporter,
      StoreGroups groups,
      Supplier<Map<String, ClusterControl>> clusters,
      PeerReports peers,
      ServiceTimer timer,
      Executor executor) {
    this.reporter = reporter;
    this.groups = groups;
    this.clusters = clusters;
    this.peers = peers;
    this.timer = timer;
    this.executor = executor;
    this.storages = StorageRows.none(Long.toString(reporter.startedMillis(), Character.MAX_RADIX));
  }

  /**
   * Asleep until somebody looks. What it is given belongs to the caller, who ends it later.
   *
   * @param clusters this node's part in each Raft group, by name
   * @param executor writes the document, which reads the store
   */
  public static StatusFeed start(
      NodeReporter reporter,
      StoreGroups groups,
      Supplier<Map<String, ClusterControl>> clusters,
      PeerReports peers,
      ServiceTimer timer,
      Executor executor) {
    StatusFeed feed = new StatusFeed(reporter, groups, clusters, peers, timer, executor);
    groups.forEach(
        service ->
            service.addLeadershipListener(
                changed -> {
                  if (feed.isAwake()) {
                    feed.writeSoon();
                    feed.ask();
                  }
                }));
    return feed;
  }

  /** The document, as JSON, with all storages; see {@code server/docs/status.md}. */
  public String document() {
    return document("");
  }

  /**
   * The same, with those storages only that have changed.
   *
   * @param since the version of storages that the asker has; all, if it is none
   */
  public String document(String since) {
    CompletableFuture<Written> present = look();
    try {
      return present.get(FIRST_MAX.toMillis(), TimeUnit.MILLISECONDS).text(since);
    } catch (ExecutionException | TimeoutException e) {
      LOG.debug("the cluster could not be looked at in time", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return write().text(since);
  }

  private CompletableFuture<Written> look() {
    boolean wakes;
    CompletableFuture<Written> present;
    synchronized (this) {
      lookedNanos = timer.nanoTime();
      wakes = !awake && !closed;
      if (wakes) {
        awake = true;
        document = new CompletableFuture<>();
      }
      present = document;
    }
    if (wakes) {
      tick();
    }
    return present;
  }

  private synchronized boolean isAwake() {
    return awake;
  }

  private void tick() {
    boolean first;
    synchronized (this) {
      awake = !closed && timer.nanoTime() - lookedNanos <= WATCHED.toNanos();
      if (!awake) {
        return;
      }
      first = !document.isDone();
    }
    if (!first) {
      writeSoon(); // what this node knows by itself is new, whether or not the others answer
    }
    ask();
    timer.schedule(REFRESH_PAUSE, this::tick);
  }

  private void ask() {
    synchronized (this) {
      if (asking) {
        return;
      }
      asking = true;
    }
    var unused =
        CompletableFuture.completedFuture(clusters)
            .thenCompose(all -> ClusterControl.membersOf(all.get())) // throws, in a node that stops
            .thenCompose(this::askEach)
            .whenComplete(
                (done, failure) -> {
                  if (failure != null) {
                    LOG.debug("the groups could not be looked at", failure);
                  }
                  synchronized (this) {
                    asking = false;
                  }
                  writeSoon();
                });
  }

  private CompletableFuture<Void> askEach(Map<String, List<Member>> all) {
    List<Member> found = all.getOrDefault(GroupInfo.MAIN, List.of());
    synchronized (this) {
      members = all;
      reports
          .keySet()
          .retainAll(found.stream().filter(Member::reachable).map(Member::nodeId).toList());
    }
    String self = reporter.nodeId();
    return CompletableFuture.allOf(
        found.stream()
            .filter(member -> member.reachable() && !member.nodeId().equals(self))
            .map(this::askOne)
            .toArray(CompletableFuture[]::new));
  }

  private CompletableFuture<Void> askOne(Member member) {
    return peers
        .report(member.clientAddress(), PEER_PATIENCE)
        .handle(
            (report, failure) -> {
              synchronized (this) {
                if (failure == null) {
                  reports.put(member.nodeId(), report);
                } else {
                  reports.remove(member.nodeId());
                }
              }
              return null;
            });
  }

  private synchronized void writeSoon() {
    if (!closed) {
      executor.execute(this::publish);
    }
  }

  private void publish() {
    Written written = write();
    synchronized (this) {
      if (!document.complete(written)) {
        document = CompletableFuture.completedFuture(written);
      }
    }
  }

  private Written write() {
    NodeReport own = reporter.report();
    Map<String, List<StorageState>> present = new LinkedHashMap<>();
    groups.all().forEach(service -> present.put(service.group(), service.reads().storages()));
    Map<String, List<Member>> seen;
    Map<String, NodeReport> said;
    StorageRows rows;
    synchronized (this) {
      storages = storages.after(present);
      rows = storages;
      seen = members;
      said = new TreeMap<>(reports);
    }
    said.put(own.nodeId(), own);
    List<Seen> all = seen(own.leadership(), seen, present);
    return new Written(StatusDocument.of(own, all, said).toString(), rows);
  }

  /** All groups that this node has heard of, those too in which it has no part yet. */
  private List<Seen> seen(
      Leadership main,
      Map<String, List<Member>> members,
      Map<String, List<StorageState>> storages) {
    Map<String, Leadership> known = new LinkedHashMap<>();
    known.put(GroupInfo.MAIN, main);
    groups
        .catalog()
        .groups()
        .forEach(group -> known.put(group.name(), Leadership.unknown(group.name(), 0)));
    groups
        .all()
        .forEach(
            service ->
                known.computeIfPresent(service.group(), (name, old) -> service.leadership()));
    return known.values().stream()
        .map(
            leadership ->
                new Seen(
                    leadership.group(),
                    leadership,
                    members.getOrDefault(leadership.group(), List.of()),
                    storages.getOrDefault(leadership.group(), List.of()).size()))
        .toList();
  }

  /** Does nothing more. */
  @Override
  public synchronized void close() {
    closed = true;
  }
}
