package io.troika.server.operator;

import io.troika.server.access.Caller;

/**
 * An operator who has logged in, for a short time.
 *
 * @param secret who shows it is taken for them: in a cookie that scripts can't read, nowhere else
 * @param stamp what each request that changes something has to repeat: a page from elsewhere does
 *     not know it
 * @param secondsLeft until it ends
 */
public record Session(String secret, String stamp, Caller caller, long secondsLeft) {

  /** Without secrets. */
  @Override
  public String toString() {
    return "session of " + caller;
  }
}
