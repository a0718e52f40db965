package io.troika.client;

import static io.troika.client.internal.Checks.requireArgument;
import static io.troika.client.internal.Checks.requireState;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.opentelemetry.api.OpenTelemetry;
import io.troika.client.internal.ClientSettings;
import io.troika.client.internal.Endpoints;
import io.troika.client.internal.Listeners;
import io.troika.client.internal.admin.ClusterAdminClient;
import io.troika.client.internal.connection.BearerToken;
import io.troika.client.internal.connection.ClientThreads;
import io.troika.client.internal.connection.ClientTls;
import io.troika.client.internal.connection.Cluster;
import io.troika.client.internal.transaction.JointRuns;
import io.troika.client.internal.transaction.StoreClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * A connection to a Troika cluster. It follows the leader by itself; one instance serves a whole
 * program and any number of threads.
 *
 * <pre>{@code
 * try (TroikaClient client = TroikaClient.connect("n1:7400,n2:7400,n3:7400")) {
 *   ObjectStore store = client.store("main");
 *   Oid account = store.run(tx -> tx.create("100", Codec.UTF8));
 *   store.run(tx -> tx.write(account, tx.read(account, Codec.UTF8) + "0", Codec.UTF8));
 * }
 * }</pre>
 */
public final class TroikaClient implements AutoCloseable {

  private static final int NAME_LENGTH_MAX = 128;

  private final ClientSettings settings;
  private final Listeners listeners;
  private final ClientThreads threads;
  private final Cluster cluster;
  private final ClusterAdminClient admin;
  private final JointRuns joint;
  private final UUID id = UUID.randomUUID();
  private final AtomicLong sequence = new AtomicLong();
  private final Map<String, StoreClient> stores = new ConcurrentHashMap<>();
  private final AtomicBoolean closed = new AtomicBoolean();

  private TroikaClient(ClientSettings settings) {
    this.settings = settings;
    this.listeners = new Listeners(settings.listeners());
    this.threads = new ClientThreads(settings.executor());
    this.cluster = new Cluster(settings, listeners, threads);
    this.admin = new ClusterAdminClient(cluster);
    this.joint = new JointRuns(settings, cluster, threads, listeners, this::nextTransaction);
  }

  /**
   * A client with all the defaults of {@link Builder}. Connects when first used.
   *
   * @param endpoints some nodes of the cluster, {@code host:port} separated by commas; see {@link
   *     Builder#endpoints}
   */
  public static TroikaClient connect(String endpoints) {
    return builder().endpoints(endpoints).build();
  }

  /** For all that {@link #connect} can't say. */
  public static Builder builder() {
    return new Builder();
  }

  /** The storage of that name; whether it exists shows with its first call. */
  public ObjectStore store(String name) {
    requireArgument(
        !name.isEmpty() && name.length() <= NAME_LENGTH_MAX,
        "storage name '%s': expected 1 to %s characters",
        name,
        NAME_LENGTH_MAX);
    requireState(!closed.get(), "the client is closed");
    return stores.computeIfAbsent(name, this::newStore);
  }

  private StoreClient newStore(String name) {
    return new StoreClient(name, settings, cluster, threads, listeners, this::nextTransaction);
  }

  private TransactionId nextTransaction() {
    return new TransactionId(id, sequence.incrementAndGet());
  }

  /**
   * Runs a function in a transaction over several storages and commits it, in all of them or in
   * none; otherwise as {@link ObjectStore#run(Function)}.
   *
   * <pre>{@code
   * Oid order = client.run(tx -> {
   *   tx.in(stock).write(item, "1", Codec.UTF8);
   *   return tx.in(orders).create("2 of it", Codec.UTF8);
   * });
   * }</pre>
   */
  @CanIgnoreReturnValue
  public <T> T run(Function<JointTransaction, T> body) {
    return run(TransactionOptions.DEFAULT, body);
  }

  /** As {@link #run(Function)}, with metadata (in each storage) or another freshness. */
  @CanIgnoreReturnValue
  public <T> T run(TransactionOptions options, Function<JointTransaction, T> body) {
    return joint.run(options, body);
  }

  /** As {@link #run(Function)}, without a waiting thread; see {@link ObjectStore#runAsync}. */
  public <T> CompletableFuture<T> runAsync(
      TransactionOptions options, Function<JointTransaction, CompletableFuture<T>> body) {
    return joint.runAsync(options, body);
  }

  /** A transaction over several storages that the caller commits or aborts. */
  public JointTransaction begin(TransactionOptions options) {
    requireState(!closed.get(), "the client is closed");
    return joint.begin(options);
  }

  /** What operators see and do. */
  public ClusterAdmin admin() {
    return admin;
  }

  /** The leader that this client follows now. Asks nobody. */
  public LeaderInfo leader() {
    return cluster.leader();
  }

  /**
   * What became of a transaction. Linearizable.
   *
   * @throws UnavailableException if no leader could be asked in time
   */
  public Outcome outcome(TransactionId transaction) {
    return admin.outcome(transaction, false);
  }

  /**
   * Makes sure that a transaction that has no outcome yet never commits, and answers its outcome.
   *
   * @throws UnavailableException if no leader could be asked in time; it may or may not be
   *     abandoned
   */
  public Outcome abandon(TransactionId transaction) {
    return admin.outcome(transaction, true);
  }

  /**
   * Ends all calls under way (with {@link UnavailableException}, or {@link
   * CommitOutcomeUnknownException} for a commit that was sent), all watches, connections and
   * threads.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    stores.values().forEach(StoreClient::close);
    joint.close();
    try {
      try {
        cluster.close();
      } finally {
        threads.close();
      }
    } catch (InterruptedException e) {
      // Everything is told to end; only waiting for it was cut short.
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Settings of a client. A setter that is given nonsense throws {@link IllegalArgumentException}.
   */
  public static final class Builder {
    /** 10 s. */
    public static final Duration CALL_TIMEOUT_DEFAULT = Duration.ofSeconds(10);

    /** 2 s. */
    public static final Duration TRY_TIMEOUT_DEFAULT = Duration.ofSeconds(2);

    /** 200 ms. */
    public static final Duration HEDGE_DELAY_DEFAULT = Duration.ofMillis(200);

    /** 30 s. */
    public static final Duration RUN_TIMEOUT_DEFAULT = Duration.ofSeconds(30);

    /** 64 MiB. */
    public static final long CACHE_BYTES_DEFAULT = 64L << 20;

    /** 256 oids. */
    public static final int OID_BLOCK_DEFAULT = 256;

    private static final int OID_BLOCK_MAX = 1_000_000;

    private final Set<String> endpoints = new LinkedHashSet<>();
    private final List<ConflictResolver> resolvers = new ArrayList<>();
    private final List<ClientListener> listeners = new ArrayList<>();
    private ClientTls tls = ClientTls.NONE;
    private Optional<BearerToken> token = Optional.empty();
    private Duration callTimeout = CALL_TIMEOUT_DEFAULT;
    private Duration tryTimeout = TRY_TIMEOUT_DEFAULT;
    private Duration hedgeDelay = HEDGE_DELAY_DEFAULT;
    private Duration runTimeout = RUN_TIMEOUT_DEFAULT;
    private RetryBudget retryBudget = RetryBudget.DEFAULT;
    private Freshness freshness = Freshness.LINEARIZABLE;
    private ReadPreference readPreference = ReadPreference.LEADER;
    private CachePolicy cachePolicy = CachePolicy.VERIFY;
    private long cacheBytesMax = CACHE_BYTES_DEFAULT;
    private int oidBlock = OID_BLOCK_DEFAULT;
    private Optional<Executor> executor = Optional.empty();
    private Optional<OpenTelemetry> telemetry = Optional.empty();

    private Builder() {}

    /**
     * Adds nodes of the cluster: {@code host:port}, separated by commas, an IPv6 address in
     * brackets. Required. Nodes that are not named are found through them, also those that are
     * added while the client is used, if their own addresses can be reached; those that are removed
     * are used no more. What is named here is never forgotten, and used again when it leads to a
     * node of the cluster. If it leads to another cluster than the rest, calls fail with {@link
     * DifferentClusterException}, unless it once led to this one and another address still does.
     */
    public Builder endpoints(String list) {
      endpoints.addAll(Endpoints.parse(list));
      return this;
    }

    /**
     * Secures all connections: the nodes show a certificate of the authority that names their host,
     * and this client shows its own. Default: plain text. The files are read now.
     *
     * @param certificate of the client, PEM
     * @param key of the client, PEM, PKCS#8, not encrypted
     * @param authority whose certificates nodes have, PEM
     * @throws IllegalArgumentException if a file can't be read or is none of that; names it
     */
    public Builder tls(Path certificate, Path key, Path authority) {
      tls = ClientTls.read(certificate, key, authority);
      return this;
    }

    /**
     * Secures all connections without a certificate of this client's, which then shows a {@link
     * #token}: for clusters that demand one or the other.
     *
     * @param authority whose certificates nodes have, PEM
     * @throws IllegalArgumentException if the file can't be read or is none of that; names it
     */
    public Builder tls(Path authority) {
      tls = ClientTls.trusting(authority);
      return this;
    }

    /**
     * Shows this token with each call, as {@link ClusterAdmin#createToken} answered it. Only over
     * TLS: in plain text everybody on the way could take it. Default: none.
     *
     * @throws IllegalArgumentException if it does not look like one
     */
    public Builder token(String text) {
      token = Optional.of(new BearerToken(text));
      return this;
    }

    /** How long one call may take with all its tries. Default: 10 s. */
    public Builder callTimeout(Duration timeout) {
      callTimeout = requirePositive("call timeout", timeout);
      return this;
    }

    /**
     * How long one node has for one try before another is tried. Default: 2 s. It should be much
     * less than the call timeout, and never counts for more.
     */
    public Builder tryTimeout(Duration timeout) {
      tryTimeout = requirePositive("try timeout", timeout);
      return this;
    }

    /**
     * How long a node may be silent before the others are asked who leads. Default: 200 ms; at
     * least a few round trips.
     */
    public Builder hedgeDelay(Duration delay) {
      hedgeDelay = requirePositive("hedge delay", delay);
      return this;
    }

    /** How long {@link ObjectStore#run} may go on running again. Default: 30 s. */
    public Builder runTimeout(Duration timeout) {
      runTimeout = requirePositive("run timeout", timeout);
      return this;
    }

    /** How much may be sent again. Default: {@link RetryBudget#DEFAULT}. */
    public Builder retryBudget(RetryBudget budget) {
      retryBudget = budget;
      return this;
    }

    /** How new views are. Default: {@link Freshness#LINEARIZABLE}. */
    public Builder freshness(Freshness freshness) {
      this.freshness = freshness;
      return this;
    }

    /** Where loads go first. Default: {@link ReadPreference#LEADER}. */
    public Builder readPreference(ReadPreference preference) {
      readPreference = preference;
      return this;
    }

    /** What the cache does after a change of term. Default: {@link CachePolicy#VERIFY}. */
    public Builder cachePolicy(CachePolicy policy) {
      cachePolicy = policy;
      return this;
    }

    /** The cache of each storage in bytes, overhead included; 0: none. Default: 64 MiB. */
    public Builder cacheBytesMax(long bytes) {
      requireArgument(bytes >= 0, "cache of %s bytes: expected 0 or more", bytes);
      cacheBytesMax = bytes;
      return this;
    }

    /**
     * How many oids are taken at once for {@link Transaction#create(Bytes)}, 1 to 1,000,000; what
     * is left is lost when the client is closed. Default: 256.
     */
    public Builder oidBlock(int count) {
      requireArgument(
          count >= 1 && count <= OID_BLOCK_MAX,
          "oid block of %s: expected 1 to %s",
          count,
          OID_BLOCK_MAX);
      oidBlock = count;
      return this;
    }

    /** Adds a resolver; they are asked in the order added. Default: none. */
    public Builder conflictResolver(ConflictResolver resolver) {
      resolvers.add(resolver);
      return this;
    }

    /** Adds a listener. Default: none. */
    public Builder listener(ClientListener listener) {
      listeners.add(listener);
      return this;
    }

    /**
     * Traces calls: a span for each, with all its tries, below the one that is current on the
     * thread that makes it. Nodes that trace too continue it. Default: nobody traces.
     */
    public Builder openTelemetry(OpenTelemetry openTelemetry) {
      this.telemetry = Optional.of(openTelemetry);
      return this;
    }

    /**
     * Where futures complete and watch listeners are called; what it refuses, as when it is full,
     * is run in Java's common pool. Default: a pool of the client's own, of as many daemon threads
     * as there are processors, at least two.
     */
    public Builder executor(Executor executor) {
      this.executor = Optional.of(executor);
      return this;
    }

    /**
     * The client.
     *
     * @throws IllegalArgumentException if no endpoint was given, or a token is given without TLS
     */
    public TroikaClient build() {
      requireArgument(!endpoints.isEmpty(), "no endpoints given");
      requireArgument(
          token.isEmpty() || tls != ClientTls.NONE, "a token is only sent over TLS: set tls too");
      return new TroikaClient(
          new ClientSettings(
              List.copyOf(endpoints),
              tls,
              token,
              new ClientSettings.Timing(callTimeout, tryTimeout, hedgeDelay, runTimeout),
              retryBudget,
              freshness,
              readPreference,
              cachePolicy,
              cacheBytesMax,
              oidBlock,
              List.copyOf(resolvers),
              List.copyOf(listeners),
              executor,
              telemetry));
    }

    private static Duration requirePositive(String what, Duration duration) {
      requireArgument(
          duration.compareTo(Duration.ZERO) > 0, "%s %s: expected more than zero", what, duration);
      return duration;
    }
  }
}
