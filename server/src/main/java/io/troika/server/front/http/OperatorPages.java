package io.troika.server.front.http;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.netty.handler.codec.http.cookie.Cookie;
import io.netty.handler.codec.http.cookie.ServerCookieDecoder;
import io.troika.server.access.Caller;
import io.troika.server.config.HostAndPort;
import io.troika.server.operator.Operation;
import io.troika.server.operator.OperationFailedException;
import io.troika.server.operator.OperationFailedException.Reason;
import io.troika.server.operator.OperatorDesk;
import io.troika.server.operator.OperatorDesk.Welcome;
import io.troika.server.operator.Session;
import io.troika.server.operator.Visitor;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Logging in and out, and the buttons: JSON both ways, see {@code server/docs/status.md}. What
 * keeps requests out that a page from elsewhere makes a browser send is told in {@code
 * operator/DESIGN.md}.
 */
public final class OperatorPages {
  /** Every POST has to have it: the session's stamp, or {@link #NO_SESSION} to log in. */
  private static final String STAMP = "troika-stamp";

  private static final String NO_SESSION = "log-in";
  private static final String JSON = "application/json";

  private final String nodeId;
  private final OperatorDesk desk;

  /**
   * Pages of one node.
   *
   * @param nodeId part of the cookie's name, as nodes on one host have the same cookies
   */
  public OperatorPages(String nodeId, OperatorDesk desk) {
    this.nodeId = nodeId;
    this.desk = desk;
  }

  /** What is only read, by path. */
  public Map<String, Page.Source> pages() {
    return Map.of("/session", this::session);
  }

  /** What changes something, by path. */
  public Map<String, Page.Source> actions() {
    return Map.of(
        "/session/open",
        guarded(this::open),
        "/session/end",
        guarded(request -> withSession(request, this::end)),
        "/operator/transfer",
        operation(
            (body, caller) ->
                new Operation.Transfer(
                    text(body, "group"), text(body, "target"), Long.parseLong(text(body, "term")))),
        "/operator/pack",
        operation(
            (body, caller) ->
                new Operation.Pack(
                    text(body, "storage"),
                    Integer.parseInt(text(body, "days")),
                    text(body, "keepGarbage").equals("true"),
                    caller.toString())),
        "/operator/snapshot",
        operation((body, caller) -> new Operation.Snapshot(text(body, "node"))),
        "/operator/back-up",
        operation(
            (body, caller) -> new Operation.BackUp(text(body, "storage"), caller.toString())));
  }

  // ---- the session

  private Page session(Request request) {
    Visitor visitor = visitor(request);
    Welcome welcome = desk.welcome(visitor);
    JsonObject json = new JsonObject();
    json.addProperty("way", welcome.way().name().toLowerCase(Locale.ROOT));
    json.addProperty("reason", welcome.reason());
    json.addProperty("certificate", visitor.certificate().name());
    json.addProperty("backups", desk.canBackUp());
    find(request).ifPresent(session -> json.add("session", shown(session)));
    return json(200, json);
  }

  private Page open(Request request) {
    if (!request.header(STAMP).equals(NO_SESSION)) {
      throw foreign("the header " + STAMP);
    }
    Session session = desk.open(visitor(request), text(body(request), "token").strip());
    return json(200, shown(session), cookie(request, session.secret(), session.secondsLeft()));
  }

  private Page end(Request request, Session session) {
    desk.end(session);
    return json(200, new JsonObject(), cookie(request, "", 0));
  }

  private static JsonObject shown(Session session) {
    JsonObject json = new JsonObject();
    json.addProperty("caller", session.caller().toString());
    json.addProperty("secondsLeft", session.secondsLeft());
    json.addProperty("stamp", session.stamp());
    return json;
  }

  private Optional<Session> find(Request request) {
    String name = cookieName(request);
    return ServerCookieDecoder.STRICT.decode(request.header("cookie")).stream()
        .filter(cookie -> cookie.name().equals(name))
        .map(Cookie::value)
        .findFirst()
        .flatMap(secret -> desk.session(visitor(request), secret));
  }

  private String cookieName(Request request) {
    return (request.peer().secured() ? "__Host-troika-" : "troika-") + nodeId;
  }

  private Map<String, String> cookie(Request request, String value, long seconds) {
    return Map.of(
        "set-cookie",
        "%s=%s; Path=/; Max-Age=%s; HttpOnly; SameSite=Strict%s"
            .formatted(
                cookieName(request), value, seconds, request.peer().secured() ? "; Secure" : ""));
  }

  // ---- operations

  private Page.Source operation(BiFunction<JsonObject, Caller, Operation> parse) {
    return guarded(
        request ->
            withSession(
                request,
                (asked, session) -> {
                  JsonObject json = new JsonObject();
                  Operation operation = parse.apply(body(request), session.caller());
                  json.addProperty("done", desk.run(visitor(request), session, operation));
                  return json(200, json);
                }));
  }

  private interface SessionAction {
    Page run(Request request, Session session);
  }

  private Page withSession(Request request, SessionAction action) {
    Session session =
        find(request)
            .orElseThrow(
                () ->
                    new OperationFailedException(
                        Reason.UNAUTHENTICATED, "Nobody is logged in; a session has ended."));
    boolean stamped =
        MessageDigest.isEqual(
            session.stamp().getBytes(StandardCharsets.UTF_8),
            request.header(STAMP).getBytes(StandardCharsets.UTF_8));
    if (!stamped) {
      throw foreign("the header " + STAMP);
    }
    return action.run(request, session);
  }

  /** Refuses what does not come from our page, and answers failures. */
  private Page.Source guarded(Page.Source source) {
    return request -> {
      try {
        requireOwnPage(request);
        return source.get(request);
      } catch (OperationFailedException e) {
        return failure(status(e.reason()), e);
      } catch (IllegalArgumentException e) { // of a number too
        return failure(400, e);
      }
    };
  }

  private static void requireOwnPage(Request request) {
    if (!request.header("content-type").equals(JSON)) {
      throw foreign("content-type");
    }
    String site = request.header("sec-fetch-site");
    if (!site.isEmpty() && !site.equals("same-origin")) {
      throw foreign("sec-fetch-site");
    }
    String origin = request.header("origin");
    if (!origin.isEmpty() && !origin.endsWith("://" + request.header("host"))) {
      throw foreign("origin");
    }
  }

  private static OperationFailedException foreign(String what) {
    return new OperationFailedException(
        Reason.PERMISSION_DENIED, "This is not a request of this node's page: " + what + ".");
  }

  private static int status(Reason reason) {
    return switch (reason) {
      case INVALID_ARGUMENT -> 400;
      case UNAUTHENTICATED -> 401;
      case PERMISSION_DENIED -> 403;
      case RESOURCE_EXHAUSTED -> 429;
      case INTERNAL -> 500;
      case UNAVAILABLE -> 503;
    };
  }

  private static Page failure(int status, RuntimeException failure) {
    JsonObject json = new JsonObject();
    json.addProperty("problem", String.valueOf(failure.getMessage()));
    return json(status, json);
  }

  // ---- both ways

  private static Visitor visitor(Request request) {
    return new Visitor(
        request.peer().address(),
        request.peer().certificate(),
        request.peer().secured(),
        isLocal(request.header("host")));
  }

  /** Whether no name server can have handed it out. */
  private static boolean isLocal(String host) {
    String name = host.replaceAll(":[0-9]{1,5}$", "");
    return !name.isBlank() && new HostAndPort(name, 0).isLoopback();
  }

  private static JsonObject body(Request request) {
    try {
      if (JsonParser.parseString(request.body()) instanceof JsonObject object) {
        return object;
      }
      throw new IllegalArgumentException("expected an object in JSON");
    } catch (JsonParseException e) { // its message repeats what was sent
      throw new IllegalArgumentException("expected JSON", e);
    }
  }

  /** Texts, numbers and truth values, as texts; empty for none. */
  private static String text(JsonObject body, String name) {
    JsonElement value = body.get(name);
    return value != null && value.isJsonPrimitive() ? value.getAsString() : "";
  }

  private static Page json(int status, JsonObject json) {
    return json(status, json, Map.of());
  }

  private static Page json(int status, JsonObject json, Map<String, String> headers) {
    return new Page(status, JSON, json.toString(), headers);
  }
}
