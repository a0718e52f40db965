package io.troika.server.front.zeo.wire;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.troika.server.tls.PeerIdentity;
import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** A connection whose handshake is done: frames to messages for the handler, and back. */
final class MessageChannel extends ChannelInboundHandlerAdapter implements ZeoConnection {
  private final Channel channel;
  private final ZeoEncoding encoding;
  private final ZeoCodec codec;
  private final ConnectionEnd end;
  private final Outgoing outgoing;
  private final FrameAssembler frames;

  /** On the event loop only, as all that follows. Null before it is made. */
  private @Nullable ZeoHandler handler;

  /** Made with the handler. */
  private volatile ZeoPace pace = ZeoPace.NONE;

  private boolean toldWritable = true;
  private int awaited; // steps without whose end no message is passed on

  MessageChannel(
      Channel channel,
      ZeoEncoding encoding,
      ZeoListenerSettings settings,
      ConnectionEnd end,
      FrameAssembler frames) {
    this.channel = channel;
    this.frames = frames;
    this.encoding = encoding;
    this.codec = ZeoCodec.of(encoding);
    this.end = end;
    this.outgoing = new Outgoing(channel, settings, this::writabilityChanged);
  }

  /** Makes the handler. On the event loop, before the first message. */
  void open(ZeoHandlerFactory handlers, int frameBytesMax) {
    frames.begin(frameBytesMax, () -> awaited == 0 && outgoing.isWritable());
    ZeoHandler opened = handlers.open(this);
    handler = opened;
    pace = opened.pace();
  }

  // ---- To the client; any thread.

  @Override
  public void send(ZeoMessage message) {
    if (end.hasEnded()) {
      return;
    }
    ByteBuf encoded = codec.encode(message, channel.alloc());
    pace.sent(encoded.readableBytes());
    if (!outgoing.add(encoded)) {
      end.refuse("it does not take what it is sent");
    }
  }

  @Override
  public void close(String why) {
    if (end.begin(why)) {
      outgoing.drainAndClose();
    }
  }

  @Override
  public boolean isWritable() {
    return outgoing.isWritable();
  }

  @Override
  public Executor thread() {
    return this::onLoop;
  }

  private void onLoop(Runnable task) {
    try {
      channel.eventLoop().execute(task);
    } catch (RejectedExecutionException e) {
      outgoing.close(); // the loop has ended, and all its connections with it
    }
  }

  @Override
  public SocketAddress remoteAddress() {
    return channel.remoteAddress();
  }

  @Override
  public @Nullable PeerIdentity identity() {
    SslHandler secured = channel.pipeline().get(SslHandler.class);
    return secured == null ? null : PeerIdentity.of(secured.engine().getSession()).orElse(null);
  }

  @Override
  public ZeoEncoding encoding() {
    return encoding;
  }

  // ---- From the client; on the event loop.

  @Override
  public void channelRead(ChannelHandlerContext context, Object frame) {
    if (handler == null || end.hasEnded()) {
      return;
    }
    try {
      byte[] bytes = (byte[]) frame;
      handler.onMessage(codec.decode(bytes));
      readNothingFor(pace.received(bytes.length));
    } catch (ZeoProtocolException e) {
      end.refuse(String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      end.fail("a message could not be handled", e);
    }
  }

  private void readNothingFor(Duration wait) {
    if (!wait.isZero()) {
      awaited++;
      var unused = channel.eventLoop().schedule(this::stepEnded, wait.toNanos(), NANOSECONDS);
    }
  }

  @Override
  public void readAfter(CompletableFuture<?> step) {
    if (step.isDone()) {
      return;
    }
    awaited++;
    CompletableFuture<?> unused =
        step.whenComplete((value, failure) -> channel.eventLoop().execute(this::stepEnded));
  }

  private void stepEnded() {
    awaited--;
    if (channel.isActive()) {
      frames.resume(channel.pipeline().context(frames));
    }
  }

  /**
   * The handler is told what is new, and that it may send even if it was told so before: as the
   * frames, whoever sends may have met a moment between two changes of which nobody hears.
   */
  private void writabilityChanged() {
    if (handler == null || !channel.isActive()) {
      return;
    }
    boolean writable = outgoing.isWritable();
    if (writable || toldWritable) {
      toldWritable = writable;
      handler.onWritabilityChanged(writable);
    }
    frames.resume(channel.pipeline().context(frames));
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    end.gone(null);
    outgoing.close();
    ZeoHandler last = handler;
    handler = null;
    if (last != null) {
      last.onClosed();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof IOException) {
      end.gone(cause);
    } else {
      end.fail("its connection failed", cause);
    }
  }
}
