package io.troika.client.fake;

import io.grpc.StatusRuntimeException;

/** What goes wrong with a call at a node. */
public sealed interface Fault {

  /** It arrives, is not executed, and never answered. */
  record Silence() implements Fault {}

  /** It is executed; then the connection breaks instead of an answer. */
  record AnswerLost() implements Fault {}

  /** It is executed, and never answered. */
  record AnswerSwallowed() implements Fault {}

  /** It is not executed; this is the answer. */
  record Refusal(StatusRuntimeException answer) implements Fault {}
}
