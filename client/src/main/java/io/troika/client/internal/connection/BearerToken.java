package io.troika.client.internal.connection;

import static io.troika.client.internal.Checks.requireArgument;

import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;

/** A secret that is shown with each call. Never printed. */
public final class BearerToken {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final int LENGTH_MAX = 1_000;

  private final String text;

  /** Refuses what no token looks like, without repeating it. */
  public BearerToken(String text) {
    requireArgument(
        text.length() <= LENGTH_MAX
            && text.lastIndexOf('.') > 0
            && text.chars().allMatch(character -> character > ' ' && character < 0x7f),
        "token of %s characters: expected NAME.SECRET in one line",
        text.length());
    this.text = text;
  }

  /** Shows it with each call of a channel. */
  public ClientInterceptor interceptor() {
    Metadata headers = new Metadata();
    headers.put(AUTHORIZATION, "Bearer " + text);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  @Override
  public String toString() {
    return "a token";
  }
}
