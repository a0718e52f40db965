package io.troika.server.access;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.troika.server.config.NodeConfig.RateLimits;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Who may ask for how much. */
class ClientRatesTest {
  private static final long SECOND = 1_000_000_000;

  // Near the end of the numbers, as nanoTime may be.
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - SECOND / 2);
  private final ClientRates rates = new ClientRates(new RateLimits(10, 1_000), now::get);

  @Test
  void requests_upToASecondsWorth_passAtOnce_thenAtTheirPace() {
    ClientRates.Client client = client("zope");
    for (int i = 0; i < 11; i++) { // one that begins when all are paid for just so
      client.begin();
    }

    assertThatExceptionOfType(RateExceededException.class)
        .isThrownBy(client::begin)
        .withMessage(
            "certificate 'zope' asks for more than 10 requests and 1000 bytes a second;"
                + " again in 100 ms")
        .satisfies(e -> assertThat(e.retryAfter()).isEqualTo(Duration.ofMillis(100)));
    assertThat(rates.refusedCount()).isEqualTo(1);

    now.addAndGet(SECOND / 10);
    client.begin();
    assertThatExceptionOfType(RateExceededException.class).isThrownBy(client::begin);
  }

  @Test
  void bytes_areTakenAfterwards_andTheDebtIsBounded() {
    ClientRates.Client client = client("zope");
    client.transferred(1_500);
    assertThatExceptionOfType(RateExceededException.class)
        .isThrownBy(client::begin)
        .satisfies(e -> assertThat(e.retryAfter()).isEqualTo(Duration.ofMillis(500)));

    client.transferred(Long.MAX_VALUE);
    assertThatExceptionOfType(RateExceededException.class)
        .isThrownBy(client::begin)
        .satisfies(e -> assertThat(e.retryAfter()).isEqualTo(Duration.ofSeconds(5)));
    now.addAndGet(5 * SECOND);
    client.begin();
  }

  @Test
  void served_isCountedAndSaysHowLongToWait() {
    ClientRates.Client client = client("zope");

    assertThat(client.served(1_000)).isEqualTo(Duration.ZERO);
    assertThat(client.served(200)).isEqualTo(Duration.ofMillis(200));
    assertThat(rates.pacedCount()).isEqualTo(1);
  }

  @Test
  void clients_areNames_elseAddressesWithoutTheirPorts() throws UnknownHostException {
    assertThat(client("zope")).isSameAs(client("zope")).isNotSameAs(client("other"));
    InetAddress host = InetAddress.getByAddress(new byte[] {10, 0, 0, 1});
    assertThat(rates.of(Caller.ANYBODY, new InetSocketAddress(host, 1)))
        .isSameAs(rates.of(Caller.ANYBODY, new InetSocketAddress(host, 2)))
        .isNotNull();
  }

  @Test
  void nodes_andEverybodyWhereNothingIsSet_areNotLimited() {
    assertThat(rates.of(Caller.ofCertificate("n2", true), null)).isNull();
    assertThat(ClientRates.UNLIMITED.of(Caller.ofCertificate("zope", false), null)).isNull();
  }

  private ClientRates.Client client(String name) {
    return requireNonNull(rates.of(Caller.ofCertificate(name, false), null));
  }
}
