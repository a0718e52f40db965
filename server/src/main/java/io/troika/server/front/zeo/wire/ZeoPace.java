package io.troika.server.front.zeo.wire;

import java.time.Duration;

/** How fast one client may go. Safe for any thread; must not block. */
public interface ZeoPace {
  /** As fast as it can. */
  ZeoPace NONE =
      new ZeoPace() {
        @Override
        public Duration received(int bytes) {
          return Duration.ZERO;
        }

        @Override
        public void sent(int bytes) {
          // Nobody counts.
        }
      };

  /**
   * A message of so many bytes was taken from the client.
   *
   * @return how long to read nothing more from it
   */
  Duration received(int bytes);

  /** So many bytes are being sent to it. */
  void sent(int bytes);
}
