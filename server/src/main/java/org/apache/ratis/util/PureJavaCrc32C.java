package org.apache.ratis.util;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;

/**
 * The checksum of each entry in the Raft log, by the JDK, which has an instruction of the processor
 * for it. Stands in for Ratis's class, which was made for Java 8, looks up tables instead, and took
 * a third of the samples in Java code while blobs were stored. The sums are the same: a log written
 * with either is read with the other, and where this class is not found first, Ratis's does its
 * work. Not safe for several threads.
 */
public class PureJavaCrc32C implements Checksum {
  private final CRC32C crc = new CRC32C();

  @Override
  public long getValue() {
    return crc.getValue();
  }

  @Override
  public void reset() {
    crc.reset();
  }

  @Override
  public void update(int oneByte) {
    crc.update(oneByte);
  }

  @Override
  public void update(byte[] bytes, int offset, int length) {
    crc.update(bytes, offset, length);
  }

  @Override
  public void update(ByteBuffer bytes) {
    crc.update(bytes);
  }
}
