package io.troika.server.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.troika.server.peer.v1.Answer;
import io.troika.server.peer.v1.FetchCheckpointRequest;
import io.troika.server.peer.v1.FileEntry;
import io.troika.server.peer.v1.FindsDeadQuestion;
import io.troika.server.peer.v1.Hello;
import io.troika.server.peer.v1.PeerGrpc;
import io.troika.server.peer.v1.Question;
import io.troika.server.peer.v1.StateQuestion;
import io.troika.server.tls.NodeTls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** What anyone who can connect may send: it is answered or refused, and the server goes on. */
@SuppressWarnings("NullAway.Init") // set by start, which NullAway does not know as an initializer
class PeerProtocolTest {
  private static final long DEADLINE_SECONDS = 60;
  private static final Hello HELLO = Hello.newBuilder().setFrom("n2").setTo("n1").build();
  private static final Question GREETING = Question.newBuilder().setId(1).setHello(HELLO).build();

  // gRPC logs a stack trace for each message that can't be parsed. Held: loggers are weakly
  // referenced.
  private static final Logger GRPC_LOG = Logger.getLogger("io.grpc");

  private static Path directory;
  private static PeerNode node;
  private static PeerNetwork network;
  private static ManagedChannel channel;

  @BeforeContainer
  static void start() throws IOException {
    GRPC_LOG.setLevel(Level.OFF);
    directory = Files.createTempDirectory("peer-protocol");
    node = PeerNode.start("n1", directory, PeerNode.QUICK);
    network = new PeerNetwork("peer-protocol-test", NodeTls.NONE);
    channel = network.channel(node.address());
  }

  @AfterContainer
  static void stop() throws IOException {
    GRPC_LOG.setLevel(null);
    network.close();
    node.close();
    CheckpointFiles.delete(directory);
  }

  /** How a call with raw messages ended, and what was answered meanwhile. */
  private record Ending(Status status, List<byte[]> answers) {
    Answer answer(int index) {
      try {
        return Answer.parseFrom(answers.get(index));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Property(tries = 300, shrinking = ShrinkingMode.OFF)
  void converse_anyBytes_endsTheCallAndTheServerGoesOn(
      @ForAll @Size(max = 4) List<byte @Size(max = 200) []> messages) {
    call(PeerGrpc.getConverseMethod(), messages);
    assertGoesOn();
  }

  @Property(tries = 200, shrinking = ShrinkingMode.OFF)
  void converse_damagedQuestion_endsTheCallOrIsRefusedAndTheServerGoesOn(
      @ForAll @IntRange(max = 40) int place, @ForAll byte damage, @ForAll boolean cut) {
    byte[] question =
        Question.newBuilder()
            .setId(7)
            .setFindsDead(FindsDeadQuestion.newBuilder().setSuspect("n9").setTimeoutMs(50))
            .build()
            .toByteArray();
    int at = place % question.length;
    question[at] = damage;
    byte[] damaged = cut ? Arrays.copyOf(question, at) : question;
    call(PeerGrpc.getConverseMethod(), List.of(GREETING.toByteArray(), damaged));
    assertGoesOn();
  }

  @Property(tries = 100, shrinking = ShrinkingMode.OFF)
  void fetchCheckpoint_anyBytes_endsTheCallAndTheServerGoesOn(
      @ForAll byte @Size(max = 200) [] request) {
    assertThat(call(PeerGrpc.getFetchCheckpointMethod(), List.of(request)).status().isOk())
        .isFalse();
    assertGoesOn();
  }

  @Property(tries = 50, shrinking = ShrinkingMode.OFF)
  void connect_noHttp2AtAll_isClosedAndTheServerGoesOn(@ForAll byte @Size(max = 200) [] bytes)
      throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.address().port())) {
      socket.getOutputStream().write(bytes);
    }
    assertGoesOn();
  }

  @Example
  void converse_questionBeforeHello_isEnded() {
    Question state =
        Question.newBuilder().setId(1).setState(StateQuestion.getDefaultInstance()).build();
    assertThat(converse(state).status().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
  }

  @Example
  void converse_helloTwice_isEnded() {
    assertThat(converse(GREETING, GREETING).status().getCode())
        .isEqualTo(Status.Code.FAILED_PRECONDITION);
  }

  @Example
  void converse_helloToAnotherNode_isEndedWithBothNames() {
    Question greeting =
        Question.newBuilder().setHello(Hello.newBuilder().setFrom("n2").setTo("n3")).build();
    Status status = converse(greeting).status();
    assertThat(status.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(status.getDescription()).contains("n1").contains("n3");
  }

  @Example
  void converse_unknownQuestion_isRefusedAndTheNextIsAnswered() {
    Question state =
        Question.newBuilder().setId(9).setState(StateQuestion.getDefaultInstance()).build();
    Ending ending = converse(GREETING, Question.newBuilder().setId(8).build(), state);
    assertThat(ending.answer(0).getHello().getFrom()).isEqualTo("n1");
    assertThat(ending.answer(1).getId()).isEqualTo(8);
    assertThat(ending.answer(1).getRefused()).isNotEmpty();
    assertThat(ending.answer(2).getId()).isEqualTo(9);
    assertThat(ending.answer(2).hasState()).isTrue();
    assertThat(ending.status().isOk()).isTrue();
  }

  @Example
  void converse_timeoutOutOfRange_isRefused() {
    Question tooLong =
        Question.newBuilder()
            .setId(8)
            .setFindsDead(FindsDeadQuestion.newBuilder().setSuspect("n2").setTimeoutMs(60_001))
            .build();
    assertThat(converse(GREETING, tooLong).answer(1).getRefused()).contains("60001");
  }

  @Example
  void fetchCheckpoint_tooManyFilesHeld_isRefused() {
    FetchCheckpointRequest.Builder request = FetchCheckpointRequest.newBuilder().setHello(HELLO);
    for (int i = 0; i <= IncomingCheckpoint.HAVE_MAX; i++) {
      request.addHave(FileEntry.newBuilder().setName("f" + i));
    }
    Ending ending =
        call(PeerGrpc.getFetchCheckpointMethod(), List.of(request.build().toByteArray()));
    assertThat(ending.status().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  @Example
  void converse_messageOverTheLimit_isRefused() {
    byte[] huge = new byte[PeerNetwork.MESSAGE_BYTES_MAX + 1];
    assertThat(call(PeerGrpc.getConverseMethod(), List.of(huge)).status().getCode())
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertGoesOn();
  }

  private static void assertGoesOn() {
    Question state =
        Question.newBuilder().setId(2).setState(StateQuestion.getDefaultInstance()).build();
    assertThat(converse(GREETING, state).answer(1).hasState()).isTrue();
  }

  private static Ending converse(Question... questions) {
    return call(
        PeerGrpc.getConverseMethod(), Arrays.stream(questions).map(Question::toByteArray).toList());
  }

  /** Sends the messages, ends its half, and waits for the call's end. */
  private static Ending call(MethodDescriptor<?, ?> method, List<byte[]> messages) {
    MethodDescriptor<byte[], byte[]> raw =
        MethodDescriptor.<byte[], byte[]>newBuilder(new RawBytes(), new RawBytes())
            .setType(method.getType())
            .setFullMethodName(method.getFullMethodName())
            .build();
    ClientCall<byte[], byte[]> call =
        channel.newCall(
            raw, CallOptions.DEFAULT.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS));
    CompletableFuture<Ending> ended = new CompletableFuture<>();
    List<byte[]> answers = new ArrayList<>();
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(byte[] answer) {
            answers.add(answer);
            call.request(1);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            ended.complete(new Ending(status, answers));
          }
        },
        new Metadata());
    call.request(1);
    messages.forEach(call::sendMessage);
    call.halfClose();
    Ending ending = ended.join();
    assertThat(ending.status().getCode()).isNotEqualTo(Status.Code.DEADLINE_EXCEEDED);
    return ending;
  }

  private static final class RawBytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] bytes) {
      return new ByteArrayInputStream(bytes);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
