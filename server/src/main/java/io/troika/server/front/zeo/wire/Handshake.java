package io.troika.server.front.zeo.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * What comes before the messages of a connection (zeo-protocol.md §1):
 *
 * <pre>
 *   silent ──the node serves──▶ greeted ──"Z5", "M5"──▶ messages
 *      └───────"ruok"──────────────┴──────"ruok"──────▶ status, closed
 * </pre>
 *
 * A silent connection stays so for as long as it takes; a greeted one has a time limit. On its
 * event loop only.
 */
final class Handshake extends ChannelInboundHandlerAdapter {
  /** Longer than any handshake; what is no ZEO client usually begins with more. */
  static final int FRAME_BYTES_MAX = 64;

  private static final char VERSION = '5';
  private static final String STATUS_REQUEST = "ruok";

  private final ZeoListenerSettings settings;
  private final ServingGate gate;
  private final Supplier<String> status;
  private final ConnectionEnd end;
  private final Messages next;

  private @Nullable CompletableFuture<?> serving;
  private @Nullable Future<?> timeout;
  private boolean greeted;

  /** Puts the handler of messages in place of the handshake. */
  @FunctionalInterface
  interface Messages {
    void begin(ChannelHandlerContext context, ZeoEncoding encoding);
  }

  Handshake(
      ZeoListenerSettings settings,
      ServingGate gate,
      Supplier<String> status,
      ConnectionEnd end,
      Messages next) {
    this.settings = settings;
    this.gate = gate;
    this.status = status;
    this.end = end;
    this.next = next;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    CompletableFuture<?> asked = gate.whenServing();
    serving = asked;
    var unused =
        asked.whenComplete(
            (ready, failure) -> {
              try {
                context.executor().execute(() -> afterGate(context, failure));
              } catch (RejectedExecutionException e) {
                end.gone(e); // the listener is closed
              }
            });
  }

  private void afterGate(ChannelHandlerContext context, @Nullable Throwable failure) {
    if (end.hasEnded()) {
      return;
    }
    if (failure != null) {
      end.fail("the wait for this node to serve failed", failure);
      return;
    }
    greet(context);
    timeout =
        context
            .executor()
            .schedule(
                () ->
                    end.refuse(
                        "handshake: expected an answer within %s, found none"
                            .formatted(settings.handshakeMax())),
                settings.handshakeMax().toMillis(),
                MILLISECONDS);
  }

  private void greet(ChannelHandlerContext context) {
    greeted = true;
    String greeting = "" + settings.encoding().letter() + VERSION;
    var unused = context.writeAndFlush(frame(context, greeting.getBytes(US_ASCII)));
  }

  private static ByteBuf frame(ChannelHandlerContext context, byte[] content) {
    return context
        .alloc()
        .buffer(ZeoCodec.LENGTH_BYTES + content.length)
        .writeInt(content.length)
        .writeBytes(content);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    String answer = new String((byte[]) message, ISO_8859_1);
    if (answer.equals(STATUS_REQUEST)) {
      sendStatus(context);
      return;
    }
    for (ZeoEncoding encoding : ZeoEncoding.values()) {
      if (greeted && answer.equals("" + encoding.letter() + VERSION)) {
        cancelTimeout();
        next.begin(context, encoding);
        return;
      }
    }
    end.refuse(
        greeted
            ? "handshake: expected Z5, M5 or ruok, found " + printable(answer)
            : "handshake: expected nothing or ruok before the greeting, found "
                + printable(answer));
  }

  private void sendStatus(ChannelHandlerContext context) {
    byte[] json = status.get().getBytes(UTF_8);
    if (end.begin("asked for the status")) {
      if (!greeted) {
        greet(
            context); // a monitor may ask first, and always reads a greeting first; it is no client
      }
      context.writeAndFlush(frame(context, json)).addListener(ChannelFutureListener.CLOSE);
    }
  }

  private static String printable(String answer) {
    return "'" + answer.replaceAll("[^\\x20-\\x7e]", "?") + "'";
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    end.gone(null);
    cancelTimeout();
    if (serving != null) {
      serving.cancel(false);
    }
  }

  private void cancelTimeout() {
    if (timeout != null) {
      timeout.cancel(false);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof IOException) {
      end.gone(cause);
    } else if (cause.getCause() instanceof SSLException refused) {
      end.refuse("TLS: " + refused.getMessage());
    } else {
      end.fail("handshake failed", cause);
    }
  }
}
