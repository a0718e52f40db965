package io.troika.server.raft.files;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.Checksum;
import org.apache.ratis.util.Preconditions;
import org.apache.ratis.util.PureJavaCrc32C;
import org.junit.jupiter.api.Test;

/**
 * The class that takes the sums of the Raft log in place of Ratis's is found, and does the same.
 */
final class LogChecksumTest {
  private static final int LENGTH_MAX = 2_000;

  private final Checksum sum = new PureJavaCrc32C();

  @Test
  void classOfRatis_isReplaced() {
    assertThat(sourceOf(PureJavaCrc32C.class)).isEqualTo(sourceOf(SegmentCheck.class));
    assertThat(sourceOf(PureJavaCrc32C.class)).isNotEqualTo(sourceOf(Preconditions.class));
  }

  @Test
  void knownBytes_haveTheSumOfTheStandard() {
    sum.update("123456789".getBytes(US_ASCII));

    assertThat(sum.getValue()).isEqualTo(0xE3069283L);
  }

  @Test
  void anyBytes_haveTheSumThatRatisTakes() throws Exception {
    Random random = new Random(1);
    try (URLClassLoader ratis = ratisAlone()) {
      Checksum theirs =
          (Checksum) ofRatis(ratis).asSubclass(Checksum.class).getConstructor().newInstance();
      for (int length = 0; length < LENGTH_MAX; length += 1 + random.nextInt(40)) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        theirs.reset();
        theirs.update(bytes, 0, length);

        assertThat(sumOf(ByteBuffer.wrap(bytes))).isEqualTo(theirs.getValue());
        assertThat(sumOf(ByteBuffer.allocateDirect(length).put(bytes).flip()))
            .isEqualTo(theirs.getValue());
        sum.reset();
        sum.update(bytes, 0, length);
        assertThat(sum.getValue()).isEqualTo(theirs.getValue());
        sum.update(length);
        theirs.update(length);
        assertThat(sum.getValue()).isEqualTo(theirs.getValue());
      }
    }
  }

  /** What a newer Ratis may call, beyond what this one does, would be missed when it is called. */
  @Test
  void methodsOfRatis_areAllThere() throws Exception {
    try (URLClassLoader ratis = ratisAlone()) {
      assertThat(signatures(PureJavaCrc32C.class)).containsAll(signatures(ofRatis(ratis)));
    }
  }

  private long sumOf(ByteBuffer bytes) {
    sum.reset();
    sum.update(bytes);
    return sum.getValue();
  }

  private static List<String> signatures(Class<?> type) {
    return Arrays.stream(type.getMethods())
        .filter(method -> method.getDeclaringClass() != Object.class)
        .map(LogChecksumTest::signature)
        .toList();
  }

  private static String signature(Method method) {
    return method.getReturnType() + method.getName() + Arrays.toString(method.getParameterTypes());
  }

  private static Class<?> ofRatis(ClassLoader ratis) throws ClassNotFoundException {
    return ratis.loadClass(PureJavaCrc32C.class.getName());
  }

  private static URLClassLoader ratisAlone() {
    return new URLClassLoader(
        new URL[] {sourceOf(Preconditions.class)}, ClassLoader.getPlatformClassLoader());
  }

  private static URL sourceOf(Class<?> type) {
    return type.getProtectionDomain().getCodeSource().getLocation();
  }
}
