package io.troika.server.front.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.troika.api.v1.AccessGrant;
import io.troika.api.v1.AccessKind;
import io.troika.api.v1.AdminGrpc;
import io.troika.api.v1.AdminGrpc.AdminBlockingStub;
import io.troika.api.v1.CommitRequest;
import io.troika.api.v1.CommitResponse;
import io.troika.api.v1.CreateStorageRequest;
import io.troika.api.v1.ErrorDetail.Code;
import io.troika.api.v1.FindLeaderRequest;
import io.troika.api.v1.GetStorageRequest;
import io.troika.api.v1.GrantAccessRequest;
import io.troika.api.v1.ListAccessRequest;
import io.troika.api.v1.ListStoragesRequest;
import io.troika.api.v1.ObjectStoreGrpc;
import io.troika.api.v1.ObjectStoreGrpc.ObjectStoreBlockingStub;
import io.troika.api.v1.Permission;
import io.troika.api.v1.RevokeAccessRequest;
import io.troika.api.v1.WatchEvent;
import io.troika.api.v1.WatchRequest;
import io.troika.server.access.AccessControl;
import io.troika.server.admin.AdminService;
import io.troika.server.admin.ReplicaDigests;
import io.troika.server.config.SecurityConfig;
import io.troika.server.core.command.Command.ChangeAccess;
import io.troika.server.core.model.AccessKey;
import io.troika.server.core.model.AccessKey.Kind;
import io.troika.server.service.ServiceFixture;
import io.troika.server.service.ports.ClusterControl;
import io.troika.server.service.ports.MembershipControl;
import io.troika.server.status.JobBoard;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Calls of those who may do something, but not everything; and what is written of them. */
class AccessCallsTest {
  private static final String READER = "reader.aaaaaaaaaaaaaaaaaaaa";
  private static final String WRITER = "writer.bbbbbbbbbbbbbbbbbbbb";
  private static final String OPERATOR = "operator.cccccccccccccccccccc";
  private static final long NOW = 1_000_000;

  private final ServiceFixture service = new ServiceFixture();
  private final FrontFixture front =
      new FrontFixture(
          service,
          new AccessControl(
              SecurityConfig.DEFAULT.requiringAccess(List.of()), service.store::access, () -> NOW),
          AdminService.create(
              "n1",
              "1",
              service.groups,
              name -> unasked(ClusterControl.class),
              unasked(MembershipControl.class),
              unasked(ReplicaDigests.class),
              Runnable::run,
              new JobBoard(() -> NOW)));
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final Logger audit = (Logger) LoggerFactory.getLogger(AuditInterceptor.LOGGER);

  @BeforeEach
  void grant() {
    grant(READER, List.of("main"), io.troika.server.core.model.Permission.READ);
    grant(WRITER, List.of("main"), io.troika.server.core.model.Permission.WRITE);
    grant(OPERATOR, List.of(), io.troika.server.core.model.Permission.ADMIN);
    lines.start();
    audit.addAppender(lines);
  }

  @AfterEach
  void close() {
    audit.detachAppender(lines);
    front.close();
  }

  private void grant(
      String token, List<String> storages, io.troika.server.core.model.Permission permission) {
    AccessKey key = new AccessKey(Kind.TOKEN, token.substring(0, token.indexOf('.')));
    var unused =
        service.log.apply(
            new ChangeAccess(
                key,
                new io.troika.server.core.model.AccessGrant(
                    key, List.of(permission), storages, 0, AccessControl.hash(token))));
  }

  @Test
  void healthAndLeader_areForEverybody_otherCallsForThoseWhoAreKnown() {
    assertThat(
            HealthGrpc.newBlockingStub(front.channel)
                .check(HealthCheckRequest.getDefaultInstance())
                .getStatusValue())
        .isPositive();
    assertThat(
            ObjectStoreGrpc.newBlockingStub(front.channel)
                .findLeader(FindLeaderRequest.getDefaultInstance())
                .getAnsweringNode())
        .isEqualTo("n1");
    ListStoragesRequest list = ListStoragesRequest.getDefaultInstance();
    assertThat(code(() -> AdminGrpc.newBlockingStub(front.channel).listStorages(list)))
        .isEqualTo(Code.UNAUTHENTICATED);
    assertThat(code(() -> admin("reader.dddd").listStorages(list))).isEqualTo(Code.UNAUTHENTICATED);
    assertThat(admin(READER).listStorages(list).getStoragesCount()).isEqualTo(1);
  }

  @Test
  void reader_readsItsStorage_andNothingElse() {
    assertThat(
            store(READER)
                .getStorage(GetStorageRequest.newBuilder().setStorage("main").build())
                .getStorage()
                .getName())
        .isEqualTo("main");
    // Whether there is such a storage is not theirs to know.
    assertThat(
            code(
                () ->
                    store(READER)
                        .getStorage(GetStorageRequest.newBuilder().setStorage("other").build())))
        .isEqualTo(Code.PERMISSION_DENIED);
    assertThat(code(() -> store(READER).commit(transaction("main"))))
        .isEqualTo(Code.PERMISSION_DENIED);
    assertThat(code(() -> admin(READER).listAccess(ListAccessRequest.getDefaultInstance())))
        .isEqualTo(Code.PERMISSION_DENIED);
  }

  @Test
  void watch_endsWhenTheGrantIsRevoked_andIsNotOpenedAgain() {
    WatchRequest request = WatchRequest.newBuilder().setStorage("main").build();
    Iterator<WatchEvent> events = store(READER).watch(request);
    assertThat(events.next().hasPosition()).isTrue();
    service.timer.advance(Duration.ofSeconds(2));
    assertThat(events.next().hasHeartbeat()).isTrue();

    var unused = service.log.apply(new ChangeAccess(new AccessKey(Kind.TOKEN, "reader"), null));
    service.timer.advance(Duration.ofSeconds(2));

    assertThat(events.next().getLost().getReason()).contains("not allowed").contains("'main'");
    assertThat(events.hasNext()).isFalse();
    assertThat(code(() -> store(READER).watch(request).next())).isEqualTo(Code.UNAUTHENTICATED);
  }

  @Test
  void writer_commits_andDoesNotRead() {
    assertThat(store(WRITER).commit(transaction("main")).getTid()).isPositive();
    assertThat(
            code(
                () ->
                    store(WRITER)
                        .getStorage(GetStorageRequest.newBuilder().setStorage("main").build())))
        .isEqualTo(Code.PERMISSION_DENIED);
  }

  @Test
  void stream_isJudgedByTheStorageOfEachPart() {
    assertThat(stream(WRITER, transaction("main"), CommitRequest.getDefaultInstance()))
        .succeedsWithin(Duration.ofMinutes(1));
    assertThat(stream(WRITER, transaction("other")))
        .failsWithin(Duration.ofMinutes(1))
        .withThrowableThat()
        .withMessageContaining("PERMISSION_DENIED");
    assertThat(stream(WRITER, transaction("main"), transaction("other")))
        .failsWithin(Duration.ofMinutes(1))
        .withThrowableThat()
        .withMessageContaining("PERMISSION_DENIED");
    assertThat(stream(READER, CommitRequest.getDefaultInstance()))
        .failsWithin(Duration.ofMinutes(1))
        .withThrowableThat()
        .withMessageContaining("PERMISSION_DENIED");
  }

  @Test
  void operator_grantsListsAndRevokes_withoutSecretsInListOrLog() {
    ByteString hash = ByteString.copyFrom(AccessControl.hash("new.eeee").toByteArray());
    AccessGrant grant =
        AccessGrant.newBuilder()
            .setKind(AccessKind.TOKEN)
            .setName("new")
            .addPermissions(Permission.READ)
            .build();
    var unused =
        admin(OPERATOR)
            .grantAccess(
                GrantAccessRequest.newBuilder().setGrant(grant).setSecretHash(hash).build());

    ListStoragesRequest list = ListStoragesRequest.getDefaultInstance();
    assertThat(admin("new.eeee").listStorages(list).getStoragesCount()).isEqualTo(1);
    assertThat(admin(OPERATOR).listAccess(ListAccessRequest.getDefaultInstance()).getGrantsList())
        .contains(grant)
        .hasSize(4);
    RevokeAccessRequest revoke =
        RevokeAccessRequest.newBuilder().setKind(AccessKind.TOKEN).setName("new").build();
    assertThat(admin(OPERATOR).revokeAccess(revoke).getRevoked()).isTrue();
    assertThat(admin(OPERATOR).revokeAccess(revoke).getRevoked()).isFalse();
    assertThat(code(() -> admin("new.eeee").listStorages(list))).isEqualTo(Code.UNAUTHENTICATED);

    assertThat(written())
        .hasSize(4)
        .allSatisfy(line -> assertThat(line).contains("caller=\"token 'operator'\""));
    assertThat(written().get(0))
        .contains("call=Admin/GrantAccess outcome=OK")
        .contains("name: \\\"new\\\"")
        .contains("READ");
    assertThat(String.join("\n", written()))
        .doesNotContain("eeee", "cccc")
        .doesNotContain("secret_hash");
  }

  @Test
  void adminCallThatIsRefused_isWrittenWithItsCaller() {
    CreateStorageRequest request = CreateStorageRequest.newBuilder().setName("x\"\ny").build();

    assertThat(code(() -> admin(READER).createStorage(request))).isEqualTo(Code.PERMISSION_DENIED);
    assertThat(code(() -> AdminGrpc.newBlockingStub(front.channel).createStorage(request)))
        .isEqualTo(Code.UNAUTHENTICATED);

    assertThat(written()).hasSize(2).allSatisfy(line -> assertThat(line).doesNotContain("\n"));
    assertThat(written().get(0))
        .contains("caller=\"token 'reader'\"")
        .contains("call=Admin/CreateStorage outcome=PERMISSION_DENIED");
    assertThat(written().get(1)).contains("caller=\"anybody\"").contains("UNAUTHENTICATED");
  }

  @Test
  void callsOfClients_areNotWritten() {
    var unused = store(WRITER).commit(transaction("main"));

    assertThat(written()).isEmpty();
  }

  private List<String> written() {
    return lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  private CommitRequest transaction(String storage) {
    return front.transaction().setStorage(storage).addWrites(FrontFixture.write(1, 0, "a")).build();
  }

  private CompletableFuture<CommitResponse> stream(String token, CommitRequest... parts) {
    FirstAnswer<CommitResponse> answer = new FirstAnswer<>();
    StreamObserver<CommitRequest> sink = ObjectStoreGrpc.newStub(as(token)).commitStream(answer);
    for (CommitRequest part : parts) {
      sink.onNext(part);
    }
    sink.onCompleted();
    return answer.future();
  }

  private static Code code(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    return FrontFixture.error(call).getCode();
  }

  private ObjectStoreBlockingStub store(String token) {
    return ObjectStoreGrpc.newBlockingStub(as(token)).withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  private AdminBlockingStub admin(String token) {
    return AdminGrpc.newBlockingStub(as(token)).withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  private Channel as(String token) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    return ClientInterceptors.intercept(
        front.channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  /** These calls are none of its business. */
  private static <T> T unasked(Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              throw new AssertionError(method + " is not expected");
            }));
  }
}
