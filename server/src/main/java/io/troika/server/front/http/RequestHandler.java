package io.troika.server.front.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslHandler;
import io.troika.server.access.Caller;
import io.troika.server.front.http.Request.Headers;
import io.troika.server.front.http.Request.Peer;
import io.troika.server.tls.PeerIdentity;
import java.net.InetSocketAddress;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection: its first request is answered, then it is closed. */
final class RequestHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
  private static final Logger LOG = LoggerFactory.getLogger(RequestHandler.class);

  /** From the beginning of a connection to the end of its request. */
  static final int ASKING_SECONDS_MAX = 10;

  /** Browsers take from this node only, and run nothing that stands inside of a page. */
  private static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
          + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final Site site;

  // On the event loop only.
  private boolean asked;
  private @Nullable Future<?> deadline;

  RequestHandler(Site site) {
    this.site = site;
  }

  /** However little at a time comes until then: a byte now and then would keep the place. */
  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    deadline =
        context
            .executor()
            .schedule(
                () -> {
                  if (!asked) {
                    var unused = context.close();
                  }
                },
                ASKING_SECONDS_MAX,
                TimeUnit.SECONDS);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (deadline != null) {
      deadline.cancel(false);
    }
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
    if (asked) {
      return;
    }
    asked = true; // what is asked may take longer to answer
    boolean head = request.method().equals(HttpMethod.HEAD);
    if (request.decoderResult().isFailure()) {
      send(context, Page.text(400, "not an HTTP request\n"), false);
    } else {
      site.answer(read(context, request), page -> send(context, page, head));
    }
  }

  /** Copies it: the message is gone when another thread answers. */
  private static Request read(ChannelHandlerContext context, FullHttpRequest request) {
    String uri = request.uri();
    int mark = uri.indexOf('?');
    return new Request(
        request.method().name(),
        mark < 0 ? uri : uri.substring(0, mark),
        mark < 0 ? "" : uri.substring(mark + 1),
        Headers.of(request.headers()),
        request.content().toString(UTF_8),
        peer(context));
  }

  private static Peer peer(ChannelHandlerContext context) {
    SslHandler secured = context.pipeline().get(SslHandler.class);
    Caller certificate =
        secured == null
            ? Caller.ANYBODY
            : PeerIdentity.of(secured.engine().getSession())
                .map(shown -> Caller.ofCertificate(shown.commonName(), shown.node()))
                .orElse(Caller.ANYBODY);
    InetSocketAddress address = (InetSocketAddress) context.channel().remoteAddress();
    return new Peer(address.getAddress().getHostAddress(), certificate, secured != null);
  }

  private static void send(ChannelHandlerContext context, Page page, boolean head) {
    byte[] body = page.body().getBytes(UTF_8);
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(page.status()),
            head ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(body));
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, page.contentType())
        .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE)
        .set(HttpHeaderNames.CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY)
        .set("x-content-type-options", "nosniff")
        .set("referrer-policy", "no-referrer")
        .set(HttpHeaderNames.CONTENT_LENGTH, body.length)
        .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    page.headers().forEach((name, value) -> response.headers().set(name, value));
    var unused = context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
  }

  /** A time-out, a reset, a request that is too large: nobody to answer any more. */
  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    LOG.debug("a connection ends", cause);
    var unused = context.close();
  }
}
