package io.troika.server.cli.demo;

import io.troika.client.ObjectStore;
import io.troika.client.Oid;
import io.troika.client.Tid;
import java.io.IOException;
import java.util.Optional;

/** Real data, to be committed one transaction after the other by one thread. */
interface DemoLoad extends AutoCloseable {

  /** What it is, for people: {@code "7,012 classes of java.base 17.0.15"}. */
  String description();

  /** How many transactions there are in all. */
  long transactions();

  /**
   * Commits what comes next in one step, sent again as often as it takes.
   *
   * @return empty after the last one
   */
  Optional<Acknowledged> commitNext(ObjectStore store) throws IOException, DemoException;

  /** Reads everything back and holds it against what was acknowledged. */
  ReadBack readBack(ObjectStore store) throws IOException, DemoException;

  @Override
  void close() throws IOException;

  /**
   * A step that the cluster acknowledged.
   *
   * @param tid of its last transaction
   * @param sample one object that this one changed; empty if it changed none
   * @param transactions how many were committed
   * @param objects how many objects it changed
   * @param bytes of data
   */
  record Acknowledged(Tid tid, Optional<Oid> sample, long transactions, long objects, long bytes) {}

  /**
   * What reading back found.
   *
   * @param transactions in the storage that are of this load
   * @param objects that were compared byte for byte
   * @param lost acknowledged transactions that are missing or differ
   * @param duplicated transactions that are there more than once
   */
  record ReadBack(long transactions, long objects, long lost, long duplicated) {}
}
