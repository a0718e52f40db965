package io.troika.client.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.troika.client.Job;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A job comes out of its message as it went in; its times are those of the node. */
final class JobCodecTest {

  private static Job job(Job.State state, Instant started, Optional<Instant> ended) {
    return new Job(
        "4711", "import", "main", "me", state, started, ended, "copying", 7, 9, "objects", "fine");
  }

  @ParameterizedTest
  @EnumSource
  void job_ofItsMessage_isTheSame(Job.State state) {
    Instant told = Instant.ofEpochMilli(1_700_000_000_123L);
    io.troika.api.v1.Job message = JobCodec.message(job(state, told, Optional.of(told)));

    assertThat(JobCodec.job(message)).isEqualTo(job(state, Instant.EPOCH, Optional.empty()));
    assertThat(
            JobCodec.job(message.toBuilder().setStartedMillis(1_500).setEndedMillis(2_500).build()))
        .isEqualTo(
            job(state, Instant.ofEpochMilli(1_500), Optional.of(Instant.ofEpochMilli(2_500))));
  }
}
