package io.troika.server.status;

import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.health.HealthReport;
import io.troika.server.service.StoreGroups;
import io.troika.server.service.StoreService;
import io.troika.server.service.feed.FeedClient;
import io.troika.server.service.ports.StateEvents;
import io.troika.server.status.LeaderChanges.LeaderChange;
import io.troika.server.status.NodeReport.Client;
import io.troika.server.status.NodeReport.Clients;
import io.troika.server.status.NodeReport.Disk;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says how this node is. Safe for any thread. */
public final class NodeReporter {
  private static final Logger LOG = LoggerFactory.getLogger(NodeReporter.class);

  private final Facts facts;
  private final StoreGroups groups;
  private final Supplier<HealthReport> health;
  private final LongSupplier clockMillis;
  private final long startedMillis;
  private final Activity activity;
  private final Map<String, LeaderChanges> leaderChanges = new ConcurrentSkipListMap<>();
  private final JobBoard jobs;

  /**
   * What does not change while the node runs, but for its certificate.
   *
   * @param settings what has to be the same on every node
   * @param certificateExpiresMillis of the certificate that it shows now; 0 without TLS
   */
  public record Facts(
      String nodeId,
      String version,
      Path dataDirectory,
      Map<String, String> settings,
      LongSupplier certificateExpiresMillis) {}

  /**
   * Watches from now on.
   *
   * @param clockMillis the wall clock, since 1970
   */
  public NodeReporter(
      Facts facts,
      StoreGroups groups,
      StateEvents events,
      Supplier<HealthReport> health,
      JobBoard jobs,
      LongSupplier clockMillis) {
    this.facts = facts;
    this.groups = groups;
    this.health = health;
    this.jobs = jobs;
    this.clockMillis = clockMillis;
    this.startedMillis = clockMillis.getAsLong();
    this.activity = new Activity(clockMillis);
    groups.forEach(service -> service.observe(activity));
    follow(groups.main(), events);
  }

  /** Watches what is committed in a group, and who leads it. */
  public void follow(StoreService service, StateEvents events) {
    LeaderChanges changes = new LeaderChanges(clockMillis, System::nanoTime);
    leaderChanges.put(service.group(), changes);
    events.addListener(activity);
    events.addListener(changes);
    changes.changed(service.leadership());
    service.addLeadershipListener(changes::changed);
  }

  private List<LeaderChange> leaderChanges() {
    return leaderChanges.values().stream()
        .flatMap(changes -> changes.list().stream())
        .sorted(LeaderChange.NEWEST_FIRST)
        .limit(LeaderChanges.CHANGES_MAX)
        .toList();
  }

  /** Whose reports these are. */
  String nodeId() {
    return facts.nodeId();
  }

  /** When it began to run, by its clock. */
  long startedMillis() {
    return startedMillis;
  }

  /** What is true now. */
  public NodeReport report() {
    return new NodeReport(
        facts.nodeId(),
        facts.version(),
        clockMillis.getAsLong(),
        startedMillis,
        health.get(),
        groups.main().leadership(),
        disk(),
        facts.certificateExpiresMillis().getAsLong(),
        facts.settings(),
        activity.samples(),
        clients(),
        leaderChanges(),
        jobs.jobs());
  }

  private Disk disk() {
    try {
      FileStore store = Files.getFileStore(facts.dataDirectory());
      return new Disk(store.getTotalSpace(), store.getUsableSpace());
    } catch (IOException e) {
      LOG.debug("the space of {} is not known", facts.dataDirectory(), e);
      return Disk.UNKNOWN;
    }
  }

  private Clients clients() {
    List<Client> shown = new ArrayList<>();
    int total = 0;
    for (StoreService service : groups.all()) {
      shown.addAll(clients(service));
      total += service.feed().subscriptionCount();
    }
    return new Clients(total, shown.stream().limit(Clients.SHOWN_MAX).toList());
  }

  private static List<Client> clients(StoreService service) {
    Map<StorageId, String> names =
        service.reads().storages().stream()
            .collect(Collectors.toMap(StorageState::id, StorageState::name));
    return service.feed().clients(Clients.SHOWN_MAX).stream()
        .map(position -> client(position, names))
        .toList();
  }

  private static Client client(FeedClient.Position position, Map<StorageId, String> names) {
    return new Client(
        position.client().protocol(),
        position.client().address(),
        names.getOrDefault(position.storage(), ""),
        position.told().value(),
        position.backlogEvents());
  }
}
