package io.troika.server.front.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.troika.server.config.HostAndPort;
import io.troika.server.health.HealthReport;
import io.troika.server.health.HealthReport.Check;
import io.troika.server.tls.NodeTls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(400)
final class HttpFrontTest {
  private static final HostAndPort FREE_PORT = new HostAndPort("127.0.0.1", 0);
  private static final Check GOOD = new Check("running", true, "yes");
  private static final Check BAD = new Check("leader", false, "none is known in term 2");

  private final AtomicReference<HealthReport> health =
      new AtomicReference<>(new HealthReport(true, List.of(GOOD)));
  private final HttpClient client = HttpClient.newHttpClient();
  private HttpFront front;

  @BeforeEach
  void start() throws IOException {
    front =
        HttpFront.start(
            FREE_PORT,
            NodeTls.NONE,
            health::get,
            Map.of(
                "/page",
                request -> Page.text(200, "page " + request.query()),
                "/slow",
                request -> slow(),
                "/broken",
                request -> {
                  throw new IllegalStateException("test");
                },
                "/unlinked",
                request -> {
                  throw new NoClassDefFoundError("test");
                }),
            Map.of("/do", request -> Page.text(200, "done " + request.body())));
  }

  @AfterEach
  void stop() {
    front.close();
  }

  private final CountDownLatch asked = new CountDownLatch(1);
  private final AtomicBoolean done = new AtomicBoolean();
  private volatile Thread closing = Thread.currentThread();

  /** Is done when whoever closes waits for it; or else, to the test's regret, has closed. */
  private Page slow() {
    asked.countDown();
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      while (closing.getState() == Thread.State.RUNNABLE) {
        Thread.onSpinWait();
      }
      done.set(true);
    }
    return Page.text(200, "done");
  }

  /** What the page shows is closed next. */
  @Test
  void close_pageUnderWay_isWaitedFor() throws InterruptedException {
    AtomicBoolean doneByThen = new AtomicBoolean();
    Thread closer =
        new Thread(
            () -> {
              front.close();
              doneByThen.set(done.get());
            });
    closing = closer;
    var unused = client.sendAsync(request("/slow").build(), BodyHandlers.ofString());
    asked.await();

    closer.start();
    closer.join();

    assertThat(doneByThen).isTrue();
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return client.send(request(path).build(), BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + front.port() + path))
        .timeout(Duration.ofMinutes(1));
  }

  @Test
  void readyz_readyAndNot_is200And503WithTheReason() throws Exception {
    assertThat(get("/readyz").statusCode()).isEqualTo(200);
    assertThat(get("/readyz").body()).isEqualTo("ready: yes\n");

    health.set(new HealthReport(true, List.of(GOOD, BAD)));

    assertThat(get("/readyz").statusCode()).isEqualTo(503);
    assertThat(get("/readyz").body()).isEqualTo("not ready: leader: none is known in term 2\n");
    assertThat(get("/livez").statusCode()).isEqualTo(200);
  }

  @Test
  void readyz_verbose_namesEachCheck() throws Exception {
    health.set(new HealthReport(true, List.of(GOOD, BAD)));

    assertThat(get("/readyz?verbose").body())
        .isEqualTo(
            """
            [+] running: yes
            [-] leader: none is known in term 2
            not ready: leader: none is known in term 2
            """);
    assertThat(get("/readyz?verbose=1").body()).startsWith("[+] running");
    assertThat(get("/readyz?verbosely").body()).startsWith("not ready");
  }

  @Test
  void livez_brokenNode_is503() throws Exception {
    health.set(new HealthReport(false, List.of(new Check("running", false, "broken"))));

    assertThat(get("/livez").statusCode()).isEqualTo(503);
    assertThat(get("/livez").body()).isEqualTo("not live: running: broken\n");
  }

  @Test
  void get_otherPaths_areTheirPagesOr404() throws Exception {
    assertThat(get("/page?a=b").body()).isEqualTo("page a=b");
    assertThat(get("/").statusCode()).isEqualTo(404);
    assertThat(get("/readyz/x").statusCode()).isEqualTo(404);
    assertThat(get("/broken").statusCode()).isEqualTo(500);
    assertThat(get("/unlinked").statusCode()).isEqualTo(500);
  }

  @Test
  void answers_anyPage_forbidWhatComesFromElsewhere() throws Exception {
    for (String path : List.of("/page", "/readyz", "/nothing")) {
      HttpResponse<String> answer = get(path);
      assertThat(answer.headers().firstValue("content-security-policy").orElseThrow())
          .startsWith("default-src 'none'; script-src 'self'; style-src 'self'")
          .doesNotContain("unsafe")
          .contains("frame-ancestors 'none'");
      assertThat(answer.headers().firstValue("x-content-type-options")).contains("nosniff");
      assertThat(answer.headers().firstValue("cache-control")).contains("no-store");
    }
  }

  @Test
  void otherMethods_areRefused() throws Exception {
    HttpResponse<String> posted =
        client.send(
            request("/readyz").POST(BodyPublishers.ofString("x")).build(), BodyHandlers.ofString());
    HttpResponse<String> head =
        client.send(
            request("/readyz").method("HEAD", BodyPublishers.noBody()).build(),
            BodyHandlers.ofString());

    HttpResponse<String> action =
        client.send(
            request("/do").POST(BodyPublishers.ofString("it")).build(), BodyHandlers.ofString());

    assertThat(posted.statusCode()).isEqualTo(405);
    assertThat(get("/do").statusCode()).isEqualTo(405);
    assertThat(action.body()).isEqualTo("done it");
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
  }

  @Test
  void silentConnectionsAndNonsense_keepNobodyOut() throws Exception {
    List<Socket> silent = new ArrayList<>();
    Random random = new Random(7);
    try {
      for (int i = 0; i < 100; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), front.port());
        silent.add(socket);
        byte[] noise = new byte[random.nextInt(200)];
        random.nextBytes(noise);
        socket.getOutputStream().write(i % 2 == 0 ? noise : "GET /re".getBytes(US_ASCII));
      }
      assertThat(get("/readyz").statusCode()).isEqualTo(200);
      assertThat(get("/page").statusCode()).isEqualTo(200);
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }

  @Test
  void pagesThatWait_keepHealthFromNobody() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    try (HttpFront slow =
        HttpFront.start(
            FREE_PORT,
            NodeTls.NONE,
            health::get,
            Map.of("/slow", request -> waiting(release)),
            Map.of())) {
      URI page = URI.create("http://127.0.0.1:" + slow.port() + "/slow");
      HttpRequest request = HttpRequest.newBuilder(page).timeout(Duration.ofMinutes(3)).build();
      List<CompletableFuture<HttpResponse<String>>> asked = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        asked.add(client.sendAsync(request, BodyHandlers.ofString()));
      }
      await().until(() -> asked.stream().filter(CompletableFuture::isDone).count() == 40 - 18);

      HttpResponse<String> ready =
          client.send(
              HttpRequest.newBuilder(page.resolve("/readyz")).build(), BodyHandlers.ofString());

      assertThat(ready.statusCode()).isEqualTo(200);
      release.countDown();
      assertThat(asked)
          .allSatisfy(answer -> assertThat(answer).succeedsWithin(Duration.ofMinutes(1)))
          .filteredOn(answer -> answer.join().statusCode() == 200)
          .hasSize(18);
    }
  }

  private static Page waiting(CountDownLatch release) {
    try {
      return Page.text(release.await(150, TimeUnit.SECONDS) ? 200 : 500, "slow\n");
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void start_portTaken_saysWhich() {
    HostAndPort taken = new HostAndPort("127.0.0.1", front.port());
    assertThatThrownBy(() -> HttpFront.start(taken, NodeTls.NONE, health::get, Map.of(), Map.of()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(taken.toString());
  }
}
