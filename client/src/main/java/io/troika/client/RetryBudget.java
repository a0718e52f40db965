package io.troika.client;

import static io.troika.client.internal.Checks.requireArgument;

/**
 * How many repeated requests one client may send in all, so that many clients don't finish off a
 * cluster that is in trouble. A token bucket: each call adds {@code perCall}, each second {@code
 * perSecond}, a repeated request takes one. With an empty bucket a repetition waits for its token
 * (or for the call's deadline); it is not given up.
 *
 * @param perCall tokens that each new call adds, 0 to 1; 0.1: at most 10 % more requests
 * @param burst the most tokens there can be, and how many there are at first; 1 or more
 * @param perSecond tokens that each second adds, 1 or more
 */
public record RetryBudget(double perCall, int burst, int perSecond) {
  /** 10 % of the calls, and 50 a second, with a burst of 500. */
  public static final RetryBudget DEFAULT = new RetryBudget(0.1, 500, 50);

  public RetryBudget {
    requireArgument(perCall >= 0 && perCall <= 1, "perCall %s: expected 0 to 1", perCall);
    requireArgument(burst >= 1, "burst %s: expected 1 or more", burst);
    requireArgument(perSecond >= 1, "perSecond %s: expected 1 or more", perSecond);
  }
}
