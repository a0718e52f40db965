package io.troika.client;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Keeps what a client told. */
final class RecordingListener implements ClientListener {
  final Map<Long, String> open = new ConcurrentHashMap<>();
  final List<String> retries = new CopyOnWriteArrayList<>();
  private final List<Duration> pauses = new CopyOnWriteArrayList<>();
  final List<LeaderInfo> leaders = new CopyOnWriteArrayList<>();
  final List<String> verifications = new CopyOnWriteArrayList<>();
  final List<Tid> invalidated = new CopyOnWriteArrayList<>();
  final List<List<String>> nodes = new CopyOnWriteArrayList<>();
  final AtomicInteger started = new AtomicInteger();
  final AtomicInteger runsRepeated = new AtomicInteger();
  final AtomicInteger unpaired = new AtomicInteger();

  @Override
  public void callStarted(long call, String operation) {
    start(call, operation);
  }

  @Override
  public void callFinished(
      long call, String operation, int tries, Duration took, Optional<TroikaException> failure) {
    finish(call);
  }

  @Override
  public void callRetried(
      long call, String operation, String address, String reason, Duration pause) {
    retries.add(operation + " " + reason);
    pauses.add(pause);
  }

  /** Between two tries; zero if there was none. */
  Duration longestPause() {
    return pauses.stream().max(Duration::compareTo).orElse(Duration.ZERO);
  }

  @Override
  public void leaderSearchStarted(long search) {
    start(search, "search");
  }

  @Override
  public void leaderSearchFinished(long search, Duration took, LeaderInfo leader) {
    finish(search);
  }

  @Override
  public void leaderChanged(LeaderInfo leader) {
    leaders.add(leader);
  }

  @Override
  public void nodesChanged(List<String> addresses) {
    nodes.add(addresses);
  }

  @Override
  public void cacheVerificationStarted(long verification, String storage, Tid verifiedTid) {
    start(verification, "verification");
  }

  @Override
  public void cacheVerificationFinished(
      long verification, String storage, Tid verifiedTid, long kept, long dropped) {
    finish(verification);
    verifications.add("kept " + kept + " dropped " + dropped);
  }

  @Override
  public void invalidated(String storage, Tid tid, int objects) {
    invalidated.add(tid);
  }

  @Override
  public void runRepeated(String storage, int attempt, TroikaException reason, Duration pause) {
    runsRepeated.incrementAndGet();
  }

  private void start(long number, String what) {
    started.incrementAndGet();
    if (open.put(number, what) != null) {
      unpaired.incrementAndGet();
    }
  }

  private void finish(long number) {
    if (open.remove(number) == null) {
      unpaired.incrementAndGet();
    }
  }
}
