package io.troika.server.front.zeo.wire;

/** How the messages of a connection are written, once both sides have agreed. */
public enum ZeoEncoding {
  PICKLE('Z'),
  MSGPACK('M');

  private final char letter;

  ZeoEncoding(char letter) {
    this.letter = letter;
  }

  /** What the version in a handshake begins with. */
  public char letter() {
    return letter;
  }
}
