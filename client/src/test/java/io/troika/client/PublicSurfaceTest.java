package io.troika.client;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What users can see of the client names nothing that may change any day. */
final class PublicSurfaceTest {
  private static final String PUBLIC_PACKAGE = "io.troika.client";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(PUBLIC_PACKAGE);

  @Test
  void publicSignatures_nameOnlyPublicAndJavaTypes() {
    Set<String> leaks = new TreeSet<>();
    Set<JavaClass> surface = new java.util.LinkedHashSet<>();
    for (JavaClass type : CLASSES) {
      if (type.getPackageName().equals(PUBLIC_PACKAGE) && isVisible(type)) {
        surface.add(type);
        signatures(type)
            .flatMap(named -> named.getAllInvolvedRawTypes().stream())
            .map(raw -> raw.getBaseComponentType())
            .filter(raw -> !isAllowed(raw))
            .forEach(raw -> leaks.add(type.getName() + " names " + raw.getName()));
      }
    }
    assertThat(surface).as("the public types are looked at").hasSizeGreaterThan(40);
    assertThat(leaks).isEmpty();
  }

  private static boolean isVisible(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        || type.getModifiers().contains(JavaModifier.PROTECTED);
  }

  private static boolean isVisible(Set<JavaModifier> modifiers) {
    return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
  }

  /** Super types, and the types of fields, parameters, results and declared exceptions. */
  private static Stream<JavaType> signatures(JavaClass type) {
    Stream<JavaType> supers =
        Stream.concat(type.getInterfaces().stream(), type.getSuperclass().stream());
    Stream<JavaType> fields =
        type.getFields().stream()
            .filter(field -> isVisible(field.getModifiers()))
            .map(JavaField::getType);
    Stream<JavaType> methods =
        type.getCodeUnits().stream()
            .filter(unit -> isVisible(unit.getModifiers()))
            .flatMap(PublicSurfaceTest::typesOf);
    return Stream.of(supers, fields, methods).flatMap(types -> types);
  }

  private static Stream<JavaType> typesOf(JavaCodeUnit unit) {
    return Stream.of(
            Stream.of(unit.getReturnType()),
            unit.getParameterTypes().stream(),
            unit.getExceptionTypes().stream())
        .flatMap(types -> types);
  }

  private static boolean isAllowed(JavaClass type) {
    return type.isPrimitive()
        || type.getPackageName().startsWith("java.")
        || type.getName().equals("io.opentelemetry.api.OpenTelemetry")
        || (type.getPackageName().equals(PUBLIC_PACKAGE) && isVisible(type));
  }

  /** Only the parts that speak the protocol know its library and messages. */
  @Test
  void grpc_isKnownToTheConnectionOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.troika.client.internal.connection..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.grpc..")
        .check(CLASSES);
  }

  @Test
  void messages_areKnownToInternalPackagesOnly() {
    noClasses()
        .that()
        .resideInAPackage(PUBLIC_PACKAGE)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.troika.api..", "com.google.protobuf..", "com.google.rpc..")
        .check(CLASSES);
  }

  @Test
  void cache_knowsNeitherMessagesNorConnections() {
    noClasses()
        .that()
        .resideInAPackage("io.troika.client.internal.cache..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.troika.api..",
            "io.troika.client.internal.connection..",
            "io.troika.client.internal.transaction..")
        .check(CLASSES);
  }
}
