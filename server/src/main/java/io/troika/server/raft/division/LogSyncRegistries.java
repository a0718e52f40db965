package io.troika.server.raft.division;

import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.ratis.metrics.LongCounter;
import org.apache.ratis.metrics.MetricRegistries;
import org.apache.ratis.metrics.MetricRegistryInfo;
import org.apache.ratis.metrics.RatisMetricRegistry;
import org.apache.ratis.metrics.Timekeeper;
import org.apache.ratis.server.metrics.SegmentedRaftLogMetrics;
import org.apache.ratis.thirdparty.com.codahale.metrics.Timer;
import org.apache.ratis.util.RefCountingMap;
import org.apache.ratis.util.TimeDuration;

/**
 * Where Ratis counts and measures. Of some hundred figures, dozens of which it notes with each
 * entry, one is read ({@link LogSyncs}); it alone is kept. Ratis finds this class by its name in
 * {@code META-INF/services}. Safe for any thread.
 */
public final class LogSyncRegistries extends MetricRegistries {
  private static final Timekeeper.Context NOT_TIMED = () -> 0;
  private static final Timekeeper NO_TIMER = () -> NOT_TIMED;
  private static final LongCounter NO_COUNTER = new NoCounter();

  /** As often as it was created it is removed. */
  private final RefCountingMap<MetricRegistryInfo, RatisMetricRegistry> registries =
      new RefCountingMap<>();

  @Override
  public RatisMetricRegistry create(MetricRegistryInfo info) {
    return registries.put(info, () -> new Registry(info));
  }

  @Override
  public boolean remove(MetricRegistryInfo info) {
    return registries.remove(info) == null;
  }

  @Override
  public void clear() {
    registries.clear();
  }

  @Override
  public Optional<RatisMetricRegistry> get(MetricRegistryInfo info) {
    return Optional.ofNullable(registries.get(info));
  }

  @Override
  public Set<MetricRegistryInfo> getMetricRegistryInfos() {
    return Set.copyOf(registries.keySet());
  }

  @Override
  public Collection<RatisMetricRegistry> getMetricRegistries() {
    return registries.values();
  }

  /** Nobody reports: there is next to nothing to report. */
  @Override
  public void addReporterRegistration(
      Consumer<RatisMetricRegistry> reporter, Consumer<RatisMetricRegistry> stopReporter) {}

  @Override
  public void enableJmxReporter() {}

  @Override
  public void enableConsoleReporter(TimeDuration period) {}

  /** Of one log, peer or connection. */
  static final class Registry implements RatisMetricRegistry {
    private final MetricRegistryInfo info;
    private final Timer syncs = new Timer();
    private volatile boolean ofLog;

    Registry(MetricRegistryInfo info) {
      this.info = info;
    }

    /** What fsync takes, if this is a log's. */
    Optional<Timer> syncs() {
      return ofLog ? Optional.of(syncs) : Optional.empty();
    }

    @Override
    public Timekeeper timer(String name) {
      if (!name.equals(SegmentedRaftLogMetrics.RAFT_LOG_SYNC_TIME)) {
        return NO_TIMER;
      }
      ofLog = true;
      return () -> syncs.time()::stop;
    }

    @Override
    public LongCounter counter(String name) {
      return NO_COUNTER;
    }

    @Override
    public boolean remove(String name) {
      return false;
    }

    @Override
    public <T> void gauge(String name, Supplier<Supplier<T>> value) {}

    @Override
    public MetricRegistryInfo getMetricRegistryInfo() {
      return info;
    }
  }

  private static final class NoCounter implements LongCounter {
    @Override
    public void inc(long more) {}

    @Override
    public void dec(long less) {}

    @Override
    public long getCount() {
      return 0;
    }
  }
}
