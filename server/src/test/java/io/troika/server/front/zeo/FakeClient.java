package io.troika.server.front.zeo;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import io.troika.server.front.zeo.session.FrontContext;
import io.troika.server.front.zeo.wire.Wire;
import io.troika.server.front.zeo.wire.ZeoMessage;
import io.troika.server.front.zeo.wire.ZeoMessage.Flag;
import io.troika.server.front.zeo.wire.ZeoPace;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A ZEO client, as far as its messages go. For one thread at a time. */
final class FakeClient implements AutoCloseable {
  final FakeConnection connection;
  private final ZeoSession session;
  private long lastId;
  private long transaction = 1_000;

  FakeClient(FrontContext context) {
    this(context, Runnable::run);
  }

  /**
   * Of a front.
   *
   * @param thread where its connection takes what the feed brings
   */
  FakeClient(FrontContext context, Executor thread) {
    connection = new FakeConnection(thread);
    session = new ZeoSession(context, connection, gone -> {});
  }

  /** One that is registered for storage main. */
  static FakeClient registered(FrontContext context) {
    return registered(context, Runnable::run);
  }

  static FakeClient registered(FrontContext context, Executor thread) {
    FakeClient client = new FakeClient(context, thread);
    client.reply(client.call("register", "main", false));
    return client;
  }

  /** The id of the call that comes next. */
  long nextId() {
    return lastId + 1;
  }

  /** Its node is about to stop. */
  CompletableFuture<Void> leave() {
    return session.leave();
  }

  /** As when this node is cut off from that group. */
  void sendAway(String group) {
    session.sendAway(group);
  }

  /** How fast it may go. */
  ZeoPace pace() {
    return session.pace();
  }

  /** Sends a call and returns its id. */
  long call(String method, @Nullable Object... args) {
    long id = ++lastId;
    session.onMessage(new ZeoMessage(id, Flag.CALL, method, Wire.tuple(args)));
    return id;
  }

  void oneWay(String method, @Nullable Object... args) {
    session.onMessage(new ZeoMessage(0L, Flag.ONE_WAY, method, Wire.tuple(args)));
  }

  void send(ZeoMessage message) {
    session.onMessage(message);
  }

  /** Sends a call that is answered at once. */
  @Nullable Object ask(String method, @Nullable Object... args) {
    return reply(call(method, args));
  }

  boolean isAnswered(long id) {
    return connection.sent().stream().anyMatch(message -> isAnswer(message, id));
  }

  private static boolean isAnswer(ZeoMessage message, long id) {
    return message.isReply() && Long.valueOf(id).equals(message.id());
  }

  private ZeoMessage answer(long id) {
    return connection.sent().stream()
        .filter(message -> isAnswer(message, id))
        .findFirst()
        .orElseThrow(
            () -> new AssertionError("call " + id + " is not answered; " + connection.closedWhy()));
  }

  /** The result of a call; fails if it was answered by an error. */
  @Nullable Object reply(long id) {
    ZeoMessage answer = answer(id);
    if (answer.flag() != Flag.RESULT) {
      throw new AssertionError("call " + id + " failed: " + answer.args());
    }
    return answer.args();
  }

  /** The class name of the error of a call. */
  String errorClass(long id) {
    return (String) error(id).get(0);
  }

  /** Class name and detail. */
  List<?> error(long id) {
    ZeoMessage answer = answer(id);
    if (answer.flag() != Flag.ERROR) {
      throw new AssertionError("call " + id + " did not fail: " + answer.args());
    }
    return list(answer.args());
  }

  /** Begins a transaction and returns its number. */
  long begin() {
    long number = ++transaction;
    oneWay("tpc_begin", number, Bytes.utf8("joe"), Bytes.utf8("text"), Map.of(), null, " ");
    return number;
  }

  void store(long number, long oid, Tid serial, String data) {
    oneWay("storea", oid(oid), Wire.bytes(serial), Bytes.utf8(data), number);
  }

  /** Commits one store, and returns the tid. */
  Tid commit(long oid, Tid serial, String data) {
    long number = begin();
    store(number, oid, serial, data);
    ask("vote", number);
    return tid(ask("tpc_finish", number));
  }

  static List<?> list(@Nullable Object value) {
    if (value instanceof List<?> list) {
      return list;
    }
    throw new AssertionError("no list: " + value);
  }

  static Map<?, ?> map(@Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw new AssertionError("no map: " + value);
  }

  static Bytes oid(long value) {
    return Wire.bytes(new Oid(value));
  }

  static Tid tid(@Nullable Object bytes) {
    if (bytes instanceof Bytes eight) {
      return new Tid(eight.asByteBuffer().getLong());
    }
    throw new AssertionError("no tid: " + bytes);
  }

  /** The methods of all messages after the first {@code skipped}. */
  List<String> methodsAfter(int skipped) {
    return connection.sent().stream().skip(skipped).map(ZeoMessage::method).toList();
  }

  /** The tids of all invalidations, in the order in which they came. */
  List<Tid> invalidated() {
    return connection.sent().stream()
        .filter(message -> message.method().equals("invalidateTransaction"))
        .map(message -> tid(list(message.args()).get(0)))
        .toList();
  }

  void drop() {
    session.onClosed();
  }

  void setWritable(boolean writable) {
    connection.setWritable(writable);
    session.onWritabilityChanged(writable);
  }

  @Override
  public void close() {
    drop();
  }
}
