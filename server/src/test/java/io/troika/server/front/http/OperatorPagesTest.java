package io.troika.server.front.http;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.troika.server.access.AccessControl;
import io.troika.server.access.Caller;
import io.troika.server.config.SecurityConfig;
import io.troika.server.core.model.AccessGrant;
import io.troika.server.core.model.AccessKey;
import io.troika.server.core.model.AccessList;
import io.troika.server.core.model.Permission;
import io.troika.server.front.http.Request.Peer;
import io.troika.server.operator.OperationFailedException;
import io.troika.server.operator.OperationFailedException.Reason;
import io.troika.server.operator.Operations;
import io.troika.server.operator.OperatorDesk;
import io.troika.server.operator.OperatorDesk.Place;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/**
 * Who can log in to the status page, and what else a request has to have for something to happen.
 */
final class OperatorPagesTest {
  private static final String TOKEN = "ops.v1.0123s3cret";
  private static final String READER = "reader.4567s3cret";
  private static final String PACKER = "packer.89abs3cret";
  private static final Peer SECURED = new Peer("10.0.0.7", Caller.ANYBODY, true);
  private static final Peer PLAIN = new Peer("127.0.0.1", Caller.ANYBODY, false);
  private static final Place ANYWHERE = new Place(false, true);

  private final ListAppender<ILoggingEvent> audit = new ListAppender<>();
  private final FakeOperations operations = new FakeOperations();
  private AccessList grants = AccessList.EMPTY;
  private long nanos = 1;
  private OperatorPages pages = required(ANYWHERE);

  private static final class FakeOperations implements Operations {
    private final List<String> asked = new ArrayList<>();

    @Override
    public String transferLeadership(String group, String target, long expectedTerm) {
      asked.add("transfer " + group + " " + target + " " + expectedTerm);
      if (target.equals("n9")) {
        throw new OperationFailedException(Reason.UNAVAILABLE, "NOT_LEADER: n2 leads");
      }
      return target + " leads now.";
    }

    @Override
    public String pack(String storage, int olderThanDays, boolean keepGarbage, String by) {
      asked.add("pack " + storage + " " + olderThanDays + " " + keepGarbage + " " + by);
      return "begun";
    }

    @Override
    public boolean canBackUp() {
      return true;
    }

    @Override
    public String backUp(String storage, String by) {
      asked.add("back up " + storage + " " + by);
      return "begun";
    }

    @Override
    public String takeSnapshot(String node) {
      asked.add("snapshot " + node);
      return "taken";
    }
  }

  /** A browser: it keeps the cookie and the stamp. */
  private final class Browser {
    private final Peer peer;
    private final Map<String, String> headers = new HashMap<>();
    private String stamp = "log-in";

    private Browser(Peer peer) {
      this.peer = peer;
      headers.put("host", "127.0.0.1:8081");
      headers.put("content-type", "application/json");
    }

    private Page post(String path, String body) {
      headers.put("troika-stamp", stamp);
      return Objects.requireNonNull(pages.actions().get(path)).get(request("POST", path, body));
    }

    private Page session() {
      return Objects.requireNonNull(pages.pages().get("/session"))
          .get(request("GET", "/session", ""));
    }

    private Request request(String method, String path, String body) {
      return new Request(
          method, path, "", name -> headers.get(name.toLowerCase(Locale.ROOT)), body, peer);
    }

    private Page logIn(String token) {
      Page answer = post("/session/open", "{\"token\": \"%s\"}".formatted(token));
      if (answer.status() == 200) {
        stamp = json(answer).get("stamp").getAsString();
        headers.put("cookie", cookie(answer).split(";", -1)[0]);
      }
      return answer;
    }

    private Page transfer() {
      return post("/operator/transfer", "{\"group\": \"g1\", \"target\": \"n2\", \"term\": \"5\"}");
    }
  }

  private static String cookie(Page page) {
    return Objects.requireNonNull(page.headers().get("set-cookie"));
  }

  private static JsonObject json(Page page) {
    return JsonParser.parseString(page.body()).getAsJsonObject();
  }

  private OperatorPages required(Place place) {
    return pages(SecurityConfig.DEFAULT.requiringAccess(List.of("root")), place);
  }

  private OperatorPages pages(SecurityConfig security, Place place) {
    AccessControl access = new AccessControl(security, () -> grants, () -> 1_000);
    return new OperatorPages("n1", new OperatorDesk(access, place, operations, () -> nanos));
  }

  private void grant(String token, List<String> storages, Permission permission) {
    String name = token.substring(0, token.lastIndexOf('.'));
    grants =
        grants.with(
            new AccessGrant(
                new AccessKey(AccessKey.Kind.TOKEN, name),
                List.of(permission),
                storages,
                0,
                AccessControl.hash(token)));
  }

  @BeforeEach
  void start() {
    grant(TOKEN, List.of(), Permission.ADMIN);
    grant(READER, List.of(), Permission.READ);
    grant(PACKER, List.of("main"), Permission.ADMIN);
    audit.start();
    auditLogger().addAppender(audit);
  }

  @AfterEach
  void stop() {
    auditLogger().detachAppender(audit);
    assertThat(lines()).noneMatch(line -> line.contains("s3cret"));
  }

  private static Logger auditLogger() {
    return (Logger) LoggerFactory.getLogger("troika.audit");
  }

  private List<String> lines() {
    return audit.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  @Test
  void operator_withAToken_isKnownByACookieThatScriptsCannotReadAndOtherSitesDoNotSend() {
    Browser browser = new Browser(SECURED);
    Page opened = browser.logIn(TOKEN);

    assertThat(cookie(opened))
        .matches(
            "__Host-troika-n1=[0-9a-f]{64}; Path=/; Max-Age=\\d+; HttpOnly; SameSite=Strict; Secure");
    assertThat(opened.body()).doesNotContain(cookie(opened).substring(17, 60));
    assertThat(json(opened).get("caller").getAsString()).isEqualTo("token 'ops.v1'");
    assertThat(json(browser.session()).getAsJsonObject("session").get("secondsLeft").getAsInt())
        .isBetween(890, 900);
    assertThat(json(browser.transfer()).get("done").getAsString()).isEqualTo("n2 leads now.");
    assertThat(
            browser
                .post("/operator/pack", "{\"storage\":\"a b\",\"days\":7,\"keepGarbage\":true}")
                .status())
        .isEqualTo(200);
    assertThat(browser.post("/operator/snapshot", "{\"node\":\"n3\"}").status()).isEqualTo(200);
    assertThat(operations.asked)
        .containsExactly("transfer g1 n2 5", "pack a b 7 true token 'ops.v1'", "snapshot n3");
    assertThat(lines())
        .anyMatch(
            line ->
                line.startsWith(
                    "caller=\"token 'ops.v1'\" from=10.0.0.7 call=Page/Transfer outcome=OK millis="))
        .anyMatch(line -> line.endsWith("request=\"storage: a b days: 7 keep_garbage: true\""));
  }

  @Test
  void session_isOver_afterLoggingOutAndAfterItsTime() {
    Browser browser = new Browser(SECURED);
    assertThat(browser.logIn(TOKEN).status()).isEqualTo(200);
    Browser copied = new Browser(SECURED);
    copied.headers.putAll(browser.headers);
    copied.stamp = browser.stamp;

    assertThat(cookie(browser.post("/session/end", "{}"))).contains("n1=; ", "Max-Age=0");
    assertThat(copied.transfer().status()).isEqualTo(401);

    browser.stamp = "log-in";
    assertThat(browser.logIn("wrong.token").status()).isEqualTo(401);
    assertThat(browser.logIn(TOKEN).status()).isEqualTo(200);
    nanos += Duration.ofMinutes(15).toNanos();
    assertThat(browser.transfer().status()).isEqualTo(401);
    assertThat(json(browser.session()).has("session")).isFalse();
    assertThat(operations.asked).isEmpty();
  }

  @Test
  void session_ofAGrantThatIsRevoked_mayNothingAnyMore() {
    Browser browser = new Browser(SECURED);
    assertThat(browser.logIn(TOKEN).status()).isEqualTo(200);

    grants = AccessList.EMPTY;

    assertThat(browser.transfer().status()).isEqualTo(403);
    assertThat(operations.asked).isEmpty();
  }

  @Test
  void administratorOfOneStorage_packsAndBacksUpThatOneOnly() {
    Browser browser = new Browser(SECURED);
    assertThat(browser.logIn(PACKER).status()).isEqualTo(200);

    assertThat(browser.post("/operator/pack", "{\"storage\":\"main\",\"days\":0}").status())
        .isEqualTo(200);
    assertThat(browser.post("/operator/pack", "{\"storage\":\"app\",\"days\":0}").status())
        .isEqualTo(403);
    assertThat(browser.transfer().status()).isEqualTo(403);
    assertThat(browser.post("/operator/back-up", "{\"storage\":\"main\"}").status()).isEqualTo(200);
    assertThat(browser.post("/operator/back-up", "{\"storage\":\"app\"}").status()).isEqualTo(403);
    assertThat(operations.asked)
        .containsExactly("pack main 0 false token 'packer'", "back up main token 'packer'");
  }

  @Test
  void wrongTokens_areRefused_andAfterFiveTheRightOneTooForAMinute() {
    Browser browser = new Browser(SECURED);
    assertThat(browser.logIn(READER).status()).isEqualTo(403);
    for (int i = 0; i < 4; i++) {
      assertThat(browser.logIn("ops.v1.no" + i).status()).isEqualTo(401);
    }

    assertThat(browser.logIn(TOKEN).status()).isEqualTo(429);
    Peer elsewhere = new Peer("10.0.0.8", Caller.ANYBODY, true);
    assertThat(new Browser(elsewhere).logIn(TOKEN).status()).isEqualTo(200);
    nanos += Duration.ofMinutes(1).toNanos();
    assertThat(browser.logIn(TOKEN).status()).isEqualTo(200);
    assertThat(lines())
        .anyMatch(line -> line.contains("call=Page/LogIn outcome=UNAUTHENTICATED"))
        .anyMatch(line -> line.contains("call=Page/LogIn outcome=PERMISSION_DENIED"))
        .anyMatch(line -> line.contains("call=Page/LogIn outcome=RESOURCE_EXHAUSTED"));
  }

  /** As a page sends it that is older than the node. */
  @Test
  void transfer_withoutAGroup_isRefusedAndNotTakenForTheFirstOne() {
    Browser browser = new Browser(SECURED);
    assertThat(browser.logIn(TOKEN).status()).isEqualTo(200);

    Page refused = browser.post("/operator/transfer", "{\"target\": \"n2\", \"term\": \"5\"}");

    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.body()).contains("group: expected a name, found nothing");
    assertThat(operations.asked).isEmpty();
  }

  /** What a page from elsewhere can make a browser send is not enough. */
  @ParameterizedTest
  @CsvSource({
    "content-type, text/plain",
    "content-type, application/x-www-form-urlencoded",
    "origin, http://evil.example",
    "origin, null",
    "origin, http://127.0.0.1:8082",
    "sec-fetch-site, cross-site",
    "sec-fetch-site, same-site",
    "stamp, guessed",
    "stamp, ''",
  })
  void request_notOfThisPage_doesNothing(String header, String value) {
    Browser browser = new Browser(SECURED);
    assertThat(browser.logIn(TOKEN).status()).isEqualTo(200);
    browser.headers.put("origin", "https://127.0.0.1:8081");
    assertThat(browser.transfer().status()).isEqualTo(200);
    operations.asked.clear();

    browser.headers.put(header, value);
    browser.stamp = header.equals("stamp") ? value : browser.stamp;

    assertThat(browser.transfer().status()).isEqualTo(403);
    assertThat(browser.post("/session/open", "{}").status()).isEqualTo(403);
    assertThat(operations.asked).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "{", "s3cret", "{\"group\": \"g0\", \"term\": \"s3cret\"}"})
  void body_malformed_isRefused(String body) {
    Browser browser = new Browser(SECURED);
    assertThat(browser.logIn(TOKEN).status()).isEqualTo(200);

    assertThat(browser.post("/operator/transfer", body).status()).isEqualTo(400);
    assertThat(operations.asked).isEmpty();
  }

  @Test
  void operation_thatFails_saysWhy() {
    Browser browser = new Browser(SECURED);
    assertThat(browser.logIn(TOKEN).status()).isEqualTo(200);

    Page failed =
        browser.post(
            "/operator/transfer", "{\"group\": \"g0\", \"target\": \"n9\", \"term\": \"5\"}");

    assertThat(failed.status()).isEqualTo(503);
    assertThat(json(failed).get("problem").getAsString()).isEqualTo("NOT_LEADER: n2 leads");
    assertThat(lines()).anyMatch(line -> line.contains("outcome=UNAVAILABLE"));
  }

  /** As on the gRPC port: with TLS a certificate, on a loopback without TLS nothing. */
  @ParameterizedTest
  @CsvSource({
    // loopback, TLS of the cluster, TLS here, required, host: way
    "false, true, true, true, node:8081, token",
    "true, true, false, true, localhost, token",
    "false, true, false, true, node:8081, closed",
    "false, true, true, false, node:8081, certificate",
    "true, true, false, false, localhost:8081, closed",
    "true, false, false, false, localhost:8081, open",
    "true, false, false, false, 127.0.0.1:8081, open",
    "true, false, false, false, [::1]:8081, open",
    "true, false, false, false, evil.example:8081, closed",
    "true, false, false, false, '', closed",
    "false, false, false, false, 127.0.0.1:8081, closed",
  })
  void logIn_wayDependsOnWhatIsSecured(
      boolean loopback,
      boolean cluster,
      boolean here,
      boolean required,
      String host,
      String expected) {
    SecurityConfig security =
        required ? SecurityConfig.DEFAULT.requiringAccess(List.of("root")) : SecurityConfig.DEFAULT;
    pages = pages(security, new Place(loopback, cluster));
    Browser browser = new Browser(here ? SECURED : PLAIN);
    browser.headers.put("host", host);

    assertThat(json(browser.session()).get("way").getAsString()).isEqualTo(expected);
    Set<Integer> refused =
        switch (expected) {
          case "open" -> Set.of(200);
          case "closed" -> Set.of(403);
          default -> Set.of(401);
        };
    assertThat(refused).contains(browser.logIn("").status());
  }

  @Test
  void sessionOfACertificate_endsWhereAnotherOneIsShown() {
    Browser root = new Browser(new Peer("10.0.0.7", Caller.ofCertificate("root", false), true));
    assertThat(root.logIn("").status()).isEqualTo(200);
    assertThat(root.transfer().status()).isEqualTo(200);
    Browser thief = new Browser(new Peer("10.0.0.7", Caller.ofCertificate("app", false), true));
    thief.headers.putAll(root.headers);
    thief.stamp = root.stamp;

    assertThat(thief.transfer().status()).isEqualTo(401);
    assertThat(thief.logIn("").status()).isEqualTo(403);
  }

  @Test
  void openSession_underANameThatANameServerGives_isNone() {
    pages = pages(SecurityConfig.DEFAULT, new Place(true, false));
    Browser browser = new Browser(PLAIN);
    assertThat(browser.logIn("").status()).isEqualTo(200);
    assertThat(browser.transfer().status()).isEqualTo(200);

    browser.headers.put("host", "evil.example:8081");

    assertThat(browser.transfer().status()).isEqualTo(401);
  }
}
