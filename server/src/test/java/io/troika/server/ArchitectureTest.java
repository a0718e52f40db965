package io.troika.server;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Which package may import which. Arrows point from {@code node} (the wiring, which sees all) over
 * the fronts and {@code service} to {@code core}; libraries stay in the package that hides them.
 */
final class ArchitectureTest {
  private static final String SERVER = "io.troika.server..";
  private static final String NODE = "io.troika.server.node..";
  private static final String CLI = "io.troika.server.cli..";
  private static final String CORE = "io.troika.server.core..";
  private static final String CONFIG = "io.troika.server.config..";
  private static final String SERVICE = "io.troika.server.service..";
  private static final String HEALTH = "io.troika.server.health..";
  private static final String RAFT = "io.troika.server.raft..";
  private static final String LOG = "io.troika.server.log..";
  private static final String PEER = "io.troika.server.peer..";
  private static final String ACCESS = "io.troika.server.access..";
  private static final String ADMIN = "io.troika.server.admin..";
  private static final String FORWARD = "io.troika.server.forward..";
  private static final String MESSAGES = "io.troika.server.messages..";
  private static final String OPERATOR = "io.troika.server.operator..";
  private static final String TLS = "io.troika.server.tls..";
  private static final String METRICS = "io.troika.server.metrics..";
  private static final String TRACING = "io.troika.server.tracing..";
  private static final String STATUS = "io.troika.server.status..";
  private static final String FRONTS = "io.troika.server.front..";
  private static final String STORAGES = "io.troika.server.storage..";

  private static JavaClasses classes;

  @BeforeAll
  static void importClasses() {
    classes =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.troika.server");
  }

  @Test
  void core_imports_javaAndAnnotationsOnly() {
    check(
        classes()
            .that()
            .resideInAPackage(CORE)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                CORE, "java..", "org.jspecify.annotations..", "com.google.errorprone.annotations..")
            .because("the core is deterministic and knows no machinery"));
  }

  @Test
  void core_imports_noInputOutputNorThreads() {
    check(
        noClasses()
            .that()
            .resideInAPackage(CORE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "java.io..",
                "java.net..",
                "java.nio.file..",
                "java.nio.channels..",
                "java.util.concurrent..")
            .orShould()
            .dependOnClassesThat()
            .belongToAnyOf(Thread.class, Random.class, Clock.class)
            .because("state must be a function of the log alone"));
  }

  @Test
  void core_calls_nothingThatDiffersBetweenReplicas() {
    check(
        noClasses()
            .that()
            .resideInAPackage(CORE)
            .should()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "getenv", String.class)
            .orShould()
            .callMethod(System.class, "getProperty", String.class)
            .orShould()
            .callMethod(System.class, "identityHashCode", Object.class)
            .orShould()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(LocalDateTime.class, "now")
            .orShould()
            .callMethod(UUID.class, "randomUUID")
            .orShould()
            .callMethod(Math.class, "random")
            .orShould()
            .callMethod(Locale.class, "getDefault")
            .because("time and chance arrive inside the command"));
  }

  @Test
  void core_iterates_noSaltedCollections() {
    check(
        noClasses()
            .that()
            .resideInAPackage(CORE)
            .should()
            .callMethodWhere(
                target(owner(equivalentTo(Set.class).or(equivalentTo(Map.class))))
                    .and(target(nameMatching("of|copyOf|ofEntries"))))
            .because("Set.of and Map.of iterate in an order that each process salts"));
  }

  @Test
  void libraries_areImported_onlyWhereTheyAreHidden() {
    List.of(
            only("org.apache.ratis..", RAFT, NODE),
            only("org.rocksdb..", "io.troika.server.storage.rocksdb..", NODE),
            only(
                "io.grpc..", "io.troika.server.front.grpc..", ADMIN, PEER, FORWARD, TLS, CLI, NODE),
            only("org.bouncycastle..", TLS),
            only(
                "io.troika.api.v1..",
                "io.troika.server.front.grpc..",
                ADMIN,
                MESSAGES,
                PEER,
                FORWARD,
                CLI,
                NODE),
            only("io.troika.client..", CLI, NODE),
            only("org.msgpack..", "io.troika.server.front.zeo.wire.."),
            only(
                "io.netty..", "io.troika.server.front.zeo.wire..", "io.troika.server.front.http.."),
            only("io.prometheus..", METRICS),
            only("io.opentelemetry..", TRACING, "io.troika.server.front.grpc..", NODE),
            only("com.typesafe.config..", CONFIG, NODE),
            only("picocli..", CLI, NODE),
            only("me.tongfei.progressbar..", CLI, NODE))
        .forEach(ArchitectureTest::check);
  }

  @Test
  void fronts_import_noOtherFront() {
    check(noneOf("io.troika.server.front.grpc..", "io.troika.server.front.zeo..", ADMIN));
    check(noneOf("io.troika.server.front.zeo..", "io.troika.server.front.grpc..", ADMIN));
    check(ofOursOnly("io.troika.server.front.http..", CONFIG, HEALTH, ACCESS, TLS, OPERATOR));
    check(noneOf("io.troika.server.front.zeo.wire..", SERVICE));
    check(noneOf(ADMIN, FRONTS));
    check(noneOf(FRONTS, RAFT, LOG, STORAGES, PEER, FORWARD, CLI, NODE, METRICS, STATUS));
    check(noneOf(ADMIN, RAFT, LOG, STORAGES, PEER, CLI, NODE, METRICS));
  }

  @Test
  void service_imports_coreAndConfigOnly() {
    check(ofOursOnly(SERVICE, CORE, CONFIG));
  }

  @Test
  void access_imports_coreAndConfigOnly() {
    check(ofOursOnly(ACCESS, CORE, CONFIG));
  }

  @Test
  void messages_import_coreOnly() {
    check(ofOursOnly(MESSAGES, CORE));
  }

  @Test
  void operator_imports_coreAndAccessOnly() {
    check(ofOursOnly(OPERATOR, CORE, ACCESS));
  }

  @Test
  void health_imports_coreAndServiceOnly() {
    check(ofOursOnly(HEALTH, CORE, SERVICE));
  }

  @Test
  void status_imports_coreServiceAndHealthOnly() {
    check(ofOursOnly(STATUS, CORE, SERVICE, HEALTH));
  }

  @Test
  void metrics_imports_coreAndServiceOnly() {
    check(ofOursOnly(METRICS, CORE, SERVICE));
  }

  @Test
  void tracing_imports_coreAndServiceOnly() {
    check(ofOursOnly(TRACING, CORE, SERVICE));
  }

  @Test
  void config_imports_nothingOfOurs() {
    check(ofOursOnly(CONFIG));
  }

  @Test
  void log_imports_coreOnly() {
    check(ofOursOnly(LOG, CORE));
  }

  @Test
  void storages_import_nothingThatStandsOnThem() {
    check(noneOf(STORAGES, SERVICE, RAFT, FRONTS, ADMIN, PEER, CLI, NODE, METRICS));
  }

  @Test
  void raft_imports_coreLogAndThePortsOfService() {
    check(ofOursOnly(RAFT, CORE, LOG, SERVICE, CONFIG, TLS));
  }

  @Test
  void node_isImported_byTheCommandLineOnly() {
    check(
        noClasses()
            .that()
            .resideInAPackage(SERVER)
            .and()
            .resideOutsideOfPackages(NODE, CLI)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(NODE));
  }

  @Test
  void packages_importOneAnother_withoutCycles() {
    check(slices().matching("io.troika.server.(*)..").should().beFreeOfCycles());
  }

  /** The folders of these packages, each by itself, and what lies beside the folders. */
  @Test
  void folders_importOneAnother_withoutCycles() {
    for (String parent : List.of(RAFT, SERVICE, CLI)) {
      check(slices().assignedFrom(foldersOf(parent)).should().beFreeOfCycles());
    }
  }

  private static SliceAssignment foldersOf(String parent) {
    return new SliceAssignment() {
      @Override
      public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
        return resideInAPackage(parent).test(javaClass)
            ? SliceIdentifier.of(javaClass.getPackageName())
            : SliceIdentifier.ignore();
      }

      @Override
      public String getDescription() {
        return "the folders of " + parent;
      }
    };
  }

  private static void check(ArchRule rule) {
    rule.allowEmptyShould(true).check(classes);
  }

  /** {@code library} is imported by nobody but {@code users}. */
  private static ArchRule only(String library, String... users) {
    return noClasses()
        .that()
        .resideInAPackage(SERVER)
        .and()
        .resideOutsideOfPackages(users)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library);
  }

  /** {@code user} imports none of {@code others}. */
  private static ArchRule noneOf(String user, String... others) {
    return noClasses()
        .that()
        .resideInAPackage(user)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(others);
  }

  /** Of this module, {@code user} imports itself and {@code others} only. */
  private static ArchRule ofOursOnly(String user, String... others) {
    String[] allowed = new String[others.length + 1];
    allowed[0] = user;
    System.arraycopy(others, 0, allowed, 1, others.length);
    return noClasses()
        .that()
        .resideInAPackage(user)
        .should()
        .dependOnClassesThat(resideInAPackage(SERVER).and(not(resideInAnyPackage(allowed))));
  }
}
