package io.troika.server.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.troika.server.core.model.LogPosition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whole checkpoints, from one node to another over a socket. */
@Timeout(240)
class CheckpointTransferTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  /** Takes seconds, so that it is not there as a whole when it is seen, on a busy machine too. */
  private static final long ENDLESS_BYTES = 512L << 20;

  private static final FileTime LONG_AGO = FileTime.fromMillis(1_000_000);

  @TempDir Path directory;
  private Path into;
  private PeerNode leader;
  private PeerNode follower;

  @BeforeEach
  void start() throws IOException {
    into = directory.resolve("state").resolve("incoming");
    leader = PeerNode.start("n1", directory, PeerNode.QUICK);
    follower = PeerNode.start("n2", directory, PeerNode.QUICK);
    follower.connectTo(leader);
    leader.endpoint.files.put("000012.sst", random(1, 300_000));
    leader.endpoint.files.put("000013.sst", random(2, 16 << 10));
    leader.endpoint.files.put("CURRENT", "MANIFEST-000005\n".getBytes(StandardCharsets.UTF_8));
    leader.endpoint.files.put("empty", new byte[0]);
    leader.endpoint.files.put("blobs/00/7.blob", random(3, 40_000));
  }

  @AfterEach
  void stop() {
    follower.close();
    leader.close();
  }

  @Test
  void fetch_emptyDirectory_bringsEveryFileAndThePosition() throws IOException {
    leader.endpoint.position = new LogPosition(4, 123_456_789_012L);
    assertThat(fetch()).succeedsWithin(SOON).isEqualTo(new LogPosition(4, 123_456_789_012L));
    assertReceivedAll();
  }

  @Test
  void fetch_checkpointWithoutFiles_bringsThePosition() throws IOException {
    leader.endpoint.files.clear();
    assertThat(fetch()).succeedsWithin(SOON).isEqualTo(leader.endpoint.position);
    assertReceivedAll();
  }

  @Test
  void fetch_checkpointOfTheSender_isDeletedAfterwards() throws IOException {
    assertThat(fetch()).succeedsWithin(SOON);
    await().atMost(SOON).until(() -> leader.directory.toFile().list().length == 0);
  }

  @Test
  void fetch_restOfAnEarlierFetch_isKeptWhereEqualAndReplacedWhereNot() throws IOException {
    Files.createDirectories(into.resolve("blobs/00"));
    Path equal = Files.write(into.resolve("000012.sst"), leader.endpoint.files.get("000012.sst"));
    Files.setLastModifiedTime(equal, LONG_AGO);
    Path other = Files.write(into.resolve("000013.sst"), random(99, 16 << 10));
    Files.setLastModifiedTime(other, LONG_AGO);
    Files.write(into.resolve("blobs/00/7.blob"), random(3, 20_000));
    Files.write(into.resolve("000001.sst"), random(5, 100));

    assertThat(fetch()).succeedsWithin(SOON);
    assertReceivedAll();
    assertThat(Files.getLastModifiedTime(equal)).as("not written again").isEqualTo(LONG_AGO);
    assertThat(Files.getLastModifiedTime(other)).isNotEqualTo(LONG_AGO);
  }

  @Test
  void fetch_senderStopsHalfWay_failsAndTheNextFetchGoesOn() throws IOException {
    leader.endpoint.files.put("a-whole", random(7, 1 << 20));
    leader.endpoint.zeros.put("b-endless", ENDLESS_BYTES);
    CompletableFuture<LogPosition> first = fetch();
    awaitBegun("b-endless");
    int port = leader.address().port();
    leader.stopListening();
    assertThat(first).failsWithin(SOON);
    leader.endpoint.zeros.clear();
    leader.endpoint.files.put("b-endless", random(8, 1 << 20));

    Path whole = into.resolve("a-whole");
    assertThat(whole).hasBinaryContent(leader.endpoint.files.get("a-whole"));
    Files.setLastModifiedTime(whole, LONG_AGO);
    leader.listenAgain(port, PeerNode.QUICK);
    assertThat(fetch()).succeedsWithin(SOON);
    assertReceivedAll();
    assertThat(Files.getLastModifiedTime(whole)).as("not sent again").isEqualTo(LONG_AGO);
  }

  @Test
  void fetch_senderCannotMakeACheckpoint_failsWithItsReason() {
    leader.endpoint.files.put("not a name", new byte[1]);
    assertThat(fetch())
        .failsWithin(SOON)
        .withThrowableThat()
        .withMessageContaining("unexpected file");
  }

  @Test
  void fetch_peerIsAnotherNode_isRefused() {
    follower.transport.setPeers(Map.of("n3", leader.address()));
    assertThat(follower.transport.fetchCheckpoint("n3", into, SOON))
        .failsWithin(SOON)
        .withThrowableThat()
        .withMessageContaining("this is node n1");
  }

  @Test
  void fetch_unknownPeer_fails() {
    assertThat(follower.transport.fetchCheckpoint("n9", into, SOON)).failsWithin(Duration.ZERO);
  }

  @Test
  void fetch_nothingComes_failsAfterTheProgressTimeout() throws Exception {
    try (java.net.ServerSocket silent =
        new java.net.ServerSocket(0, 50, java.net.InetAddress.getLoopbackAddress())) {
      follower.transport.setPeers(
          Map.of(
              "n1", new io.troika.server.config.HostAndPort("127.0.0.1", silent.getLocalPort())));
      assertThat(follower.transport.fetchCheckpoint("n1", into, Duration.ofMillis(200)))
          .failsWithin(SOON)
          .withThrowableThat()
          .withMessageContaining("nothing came for");
    }
  }

  @Test
  void fetch_cancelledByTheCaller_stopsAndFreesTheSender() {
    leader.endpoint.zeros.put("big", ENDLESS_BYTES);
    CompletableFuture<LogPosition> fetch = fetch();
    awaitBegun("big");
    fetch.cancel(false);
    await().atMost(SOON).until(() -> leader.directory.toFile().list().length == 0);
  }

  @Test
  void fetch_transportClosed_fails() {
    leader.endpoint.zeros.put("big", ENDLESS_BYTES);
    CompletableFuture<LogPosition> fetch = fetch();
    awaitBegun("big");
    follower.transport.close();
    assertThat(fetch).failsWithin(SOON);
    await().atMost(SOON).until(() -> leader.directory.toFile().list().length == 0);
  }

  @Test
  void start_checkpointsLeftByACrash_areDeleted() throws IOException {
    int port = leader.address().port();
    leader.stopListening();
    Files.createDirectories(leader.directory.resolve("checkpoint-7"));
    Files.write(leader.directory.resolve("checkpoint-7/x.sst"), new byte[10]);
    leader.listenAgain(port, PeerNode.QUICK);
    assertThat(leader.directory).isEmptyDirectory();
  }

  private void awaitBegun(String file) {
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(1))
        .until(() -> Files.exists(into.resolve(file)));
  }

  private CompletableFuture<LogPosition> fetch() {
    return follower.transport.fetchCheckpoint("n1", into, SOON);
  }

  private void assertReceivedAll() throws IOException {
    Map<String, Path> received = CheckpointFiles.in(into);
    assertThat(received.keySet()).isEqualTo(new TreeMap<>(leader.endpoint.files).keySet());
    for (Map.Entry<String, Path> file : received.entrySet()) {
      assertThat(file.getValue()).hasBinaryContent(leader.endpoint.files.get(file.getKey()));
    }
  }

  private static byte[] random(long seed, int length) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }
}
