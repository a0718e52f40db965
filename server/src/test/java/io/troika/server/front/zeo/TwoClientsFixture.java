package io.troika.server.front.zeo;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Two ZEO clients of one storage; everything on the test's thread. */
abstract class TwoClientsFixture {
  /** Where the exceptions are that a client knows. */
  static final String POS = "ZODB.POSException.";

  SessionFixture fixture;
  FakeClient one;
  FakeClient two;

  @BeforeEach
  void start() {
    fixture = new SessionFixture();
    one = fixture.client();
    two = fixture.client();
  }

  @AfterEach
  void stop() {
    one.close();
    two.close();
    fixture.close();
  }
}
