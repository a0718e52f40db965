package io.troika.server.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * ZODB's TimeStamp gives each month 31 days, so there are tids whose day no calendar has. We never
 * make one, but may be given one, by an import or a restore, and have to go on from it.
 */
final class TidTest {
  private static final long MINUTES_PER_DAY = 24 * 60;

  @ParameterizedTest
  @CsvSource({
    "1900-01-01T00:00:00Z,   0x0",
    "1970-01-01T00:00:00Z,   0x23c2b0000000000",
    "2024-02-29T23:59:59.5Z, 0x3f6df7ffddddddd",
  })
  void ofInstant_asTimeStampDoes(Instant time, String tid) {
    assertThat(Tid.ofInstant(time)).isEqualTo(Tid.parse(tid));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1899-12-31T23:59:59Z", "5908-11-23T02:08:00Z", "-0001-01-01T00:00:00Z"})
  void ofInstant_notSayable_isRefused(Instant time) {
    assertThatThrownBy(() -> Tid.ofInstant(time))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(time.toString());
  }

  /** As TimeStamp.timeTime: 31 February is 3 March. */
  @ParameterizedTest
  @CsvSource({
    "2023, 2, 31, 2023-03-03T10:30:00Z",
    "2024, 2, 30, 2024-03-01T10:30:00Z",
    "2023, 4, 31, 2023-05-01T10:30:00Z",
    "2100, 2, 29, 2100-03-01T10:30:00Z",
  })
  void toInstant_dayThatDoesNotExist_countsOn(int year, int month, int day, Instant time) {
    assertThat(tid(year, month, day, 10 * 60 + 30, 0).toInstant()).isEqualTo(time);
  }

  /** As Python's calendar.timegm does it, and so ZODB: from the first of the month on. */
  @Test
  void toInstant_anyTid_countsMinutesFromTheFirstOfItsMonth() {
    Random random = new Random(1);
    for (int i = 0; i < 100_000; i++) {
      Tid tid = new Tid(random.nextLong() >>> 1);
      long minutes = tid.value() >>> 32;
      long days = minutes / MINUTES_PER_DAY;
      LocalDate first = LocalDate.of(1900 + (int) (days / 31 / 12), 1 + (int) (days / 31 % 12), 1);
      long epochMinutes =
          (first.toEpochDay() + days % 31) * MINUTES_PER_DAY + minutes % MINUTES_PER_DAY;
      assertThat(Math.floorDiv(tid.toInstant().getEpochSecond(), 60L))
          .as("minute of %s", tid)
          .isEqualTo(epochMinutes);
    }
  }

  @Test
  void toInstant_smallestAndGreatest_areTimes() {
    assertThat(Tid.NONE.toInstant()).isEqualTo("1900-01-01T00:00:00Z");
    assertThat(Tid.MAX.toInstant()).isBetween("5908-11-23T02:07:59Z", "5908-11-23T02:08:00Z");
  }

  @Test
  void ofInstant_ofToInstant_isTheSameButForRounding() {
    Random random = new Random(2);
    for (int i = 0; i < 100_000; i++) {
      Instant time =
          Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000)); // 1901 to 2038
      Tid tid = Tid.ofInstant(time);
      assertThat(Duration.between(tid.toInstant(), time))
          .as("lost of %s in %s", time, tid)
          .isBetween(Duration.ZERO, Duration.ofNanos(15));
    }
  }

  /** Whatever the day of the last tid, the next is greater, on a real day, and not skipped over. */
  @Test
  void next_eachDayThatCanBeSaid_isTheFirstGreaterOnADayOfTheCalendar() {
    for (int month = 0; month < 12 * 500; month++) {
      YearMonth of = YearMonth.of(1900, 1).plusMonths(month);
      Tid firstOfNext = tid(of.plusMonths(1).getYear(), of.plusMonths(1).getMonthValue(), 1, 0, 0);
      for (int day = 28; day <= 31; day++) {
        Tid noon = tid(of.getYear(), of.getMonthValue(), day, 12 * 60, 7);
        Tid end = tid(of.getYear(), of.getMonthValue(), day, 24 * 60 - 1, 0xffffffffL);
        boolean real = of.isValidDay(day);
        assertThat(noon.next())
            .as("after noon of %s-%s", of, day)
            .isEqualTo(real ? new Tid(noon.value() + 1) : firstOfNext);
        assertThat(end.next())
            .as("after the end of %s-%s", of, day)
            .isEqualTo(of.isValidDay(day + 1) ? new Tid(end.value() + 1) : firstOfNext);
        assertThat(end.next()).isGreaterThan(end);
      }
    }
  }

  @Test
  void next_anyTid_isGreaterAndItsTimeMakesItAgain() {
    Random random = new Random(3);
    for (int i = 0; i < 100_000; i++) {
      Tid tid = new Tid(random.nextLong() >>> 1);
      Tid next = tid.next();
      assertThat(next).isGreaterThan(tid);
      assertThat(Tid.ofInstant(next.toInstant().plusNanos(14)).value())
          .as("tid of the time of %s", next)
          .isBetween(next.value(), next.value() + 1);
    }
  }

  @Test
  void next_ofTheGreatest_isRefused() {
    assertThat(new Tid(Tid.MAX.value() - 1).next()).isEqualTo(Tid.MAX);
    assertThatThrownBy(Tid.MAX::next).isInstanceOf(IllegalArgumentException.class);
  }

  private static Tid tid(int year, int month, int day, int minuteOfDay, long fraction) {
    long days = ((year - 1900) * 12L + month - 1) * 31 + day - 1;
    return new Tid((days * MINUTES_PER_DAY + minuteOfDay) << 32 | fraction);
  }
}
