package io.troika.server.front.zeo.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.troika.server.core.model.Tid;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code persistent.TimeStamp} 6.9 makes of tids and times. */
class ValuesTest {

  @ParameterizedTest
  @CsvSource({
    "04276877dd1d1b55, 1896642711.823523",
    "0458aefa615a6e55, 2086859182.8171668",
    "046ed509bf985c22, 2172309704.905114",
    "04abdf2791405733, 2407920454.0432806",
    "03e5c1d30fffffff, 1643158263.75",
    "040d4d8affffffff, 1795807380.0",
    "03f1b6b100000000, 1689136380.0",
    "0000000000000001, -2208988800.0",
  })
  void seconds_areTimeTime(String tid, double seconds) {
    assertThat(Values.seconds(Tid.parse(tid))).isEqualTo(seconds);
  }

  @ParameterizedTest
  @CsvSource({
    "1896642711.823523, 04276877dd1d1b55",
    "2086859182.817167, 0458aefa615a6e55",
    "2172309704.9051147, 046ed509bf985c22",
    "2407920454.0432806, 04abdf2791405733",
    "1643158263.75, 03e5c1d310000000",
    "1795807314.412027, 040d4d89e8287177",
    "1795807260.0, 040d4d8900000000",
    "59.999999999999, 023c2b00ffffffff",
    "-0.5, 023c2afffddddddd",
    "-86400.25, 023c255ffeeeeeee",
  })
  void tidAt_isTimeStampOfGmtime(double seconds, String tid) {
    assertThat(Values.tidAt(seconds)).isEqualTo(Tid.parse(tid));
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e300, -1e300, -3e9, 1e12})
  void horizon_farFromAnyTid_isAnErrorThatNamesIt(double seconds) {
    assertThatThrownBy(() -> PackCall.horizon(seconds))
        .isInstanceOf(ZeoError.class)
        .hasMessageContaining("pack time " + seconds);
  }
}
