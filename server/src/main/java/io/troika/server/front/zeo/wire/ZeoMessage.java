package io.troika.server.front.zeo.wire;

import org.jspecify.annotations.Nullable;

/**
 * One message of either direction (zeo-protocol.md §2).
 *
 * @param id of the call, or of the call that this answers: any wire value, sent back as it came
 * @param method the name, {@link #REPLY} in answers and keep-alives
 * @param args the arguments, a tuple; in an answer the result; see {@link Wire} for the types
 */
public record ZeoMessage(@Nullable Object id, Flag flag, String method, @Nullable Object args) {
  /** The method of what is no call. */
  public static final String REPLY = ".reply";

  private static final Long ONE_WAY_ID = 0L;

  /** What kind of message it is. Beside it stands what is written for it. */
  public enum Flag {
    /** Wants an answer: {@code False}. */
    CALL,
    /** Is not answered: {@code True}. */
    ONE_WAY,
    /** The result of a call, or a keep-alive: 0. */
    RESULT,
    /** The error of a call: 2. */
    ERROR
  }

  /** A call that is not answered; all that a server may send unasked. */
  public static ZeoMessage oneWay(String method, @Nullable Object... args) {
    return new ZeoMessage(ONE_WAY_ID, Flag.ONE_WAY, method, Wire.tuple(args));
  }

  /** What a call with this id results in. */
  public static ZeoMessage reply(@Nullable Object id, @Nullable Object result) {
    return new ZeoMessage(id, Flag.RESULT, REPLY, result);
  }

  /**
   * What is wrong with a call with this id.
   *
   * @param className with its module, see zeo-protocol.md §4
   * @param detail a tuple of arguments or a map of attributes
   */
  public static ZeoMessage error(@Nullable Object id, String className, Object detail) {
    return new ZeoMessage(id, Flag.ERROR, REPLY, Wire.tuple(className, detail));
  }

  /** Whether nobody waits for an answer. */
  public boolean isOneWay() {
    return flag == Flag.ONE_WAY;
  }

  /** Whether it is no call: a keep-alive, if a client sends it. */
  public boolean isReply() {
    return method.equals(REPLY);
  }
}
