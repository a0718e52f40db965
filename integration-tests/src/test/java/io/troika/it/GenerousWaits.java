package io.troika.it;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Lets what tests wait for take a minute, where they don't say how long: 10 s, as Awaitility has
 * it, is not enough on a slow or busy machine. JUnit finds it by META-INF/services.
 */
public final class GenerousWaits implements BeforeAllCallback {
  @Override
  public void beforeAll(ExtensionContext context) {
    Awaitility.setDefaultTimeout(Duration.ofMinutes(1));
  }
}
