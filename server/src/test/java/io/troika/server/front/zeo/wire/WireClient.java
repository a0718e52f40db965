package io.troika.server.front.zeo.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;

/** A client of the wire, made of a socket and no code of the server's listener. */
final class WireClient implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;
  private ZeoEncoding encoding = ZeoEncoding.PICKLE;

  WireClient(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout((int) PATIENCE.toMillis());
    in = new DataInputStream(socket.getInputStream());
    out = new DataOutputStream(socket.getOutputStream());
  }

  /** One that has shaken hands. */
  static WireClient greeted(int port, String answer) throws IOException {
    WireClient client = new WireClient(port);
    client.readText();
    client.writeText(answer);
    client.encoding = answer.startsWith("M") ? ZeoEncoding.MSGPACK : ZeoEncoding.PICKLE;
    return client;
  }

  String readText() throws IOException {
    return new String(readFrame(), ISO_8859_1);
  }

  byte[] readFrame() throws IOException {
    byte[] frame = new byte[in.readInt()];
    in.readFully(frame);
    return frame;
  }

  ZeoMessage read() throws IOException {
    return GoldenFrames.decode(encoding, readFrame());
  }

  void writeText(String text) throws IOException {
    writeFrame(text.getBytes(ISO_8859_1));
  }

  void writeFrame(byte[] payload) throws IOException {
    writeLength(payload.length);
    out.write(payload);
  }

  void writeLength(int length) throws IOException {
    out.writeInt(length);
  }

  void write(ZeoMessage message) throws IOException {
    writeFrame(GoldenFrames.encode(encoding, message));
  }

  /** Whether nothing has come so far. */
  boolean isSilent() throws IOException {
    return in.available() == 0;
  }

  /** Whether the server has closed the connection, waiting for that. */
  boolean isClosedByServer() {
    try {
      return in.read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true; // reset
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
