package io.troika.client;

/**
 * Nobody knows who asks: no certificate or token was shown, or the token is void (revoked, expired,
 * or never was one). See {@link TroikaClient.Builder#token}.
 */
public final class UnauthenticatedException extends InvalidRequestException {
  public UnauthenticatedException(String message) {
    super(message);
  }
}
