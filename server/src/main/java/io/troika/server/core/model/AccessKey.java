package io.troika.server.core.model;

import static io.troika.server.core.model.Checks.requireArgument;

import java.util.Comparator;

/**
 * Who is granted something.
 *
 * @param kind how they say who they are
 * @param name of the token, or the common name (CN) of the certificate's subject: 1 to {@link
 *     #NAME_LENGTH_MAX} characters, no control characters
 */
public record AccessKey(Kind kind, String name) implements Comparable<AccessKey> {
  public static final int NAME_LENGTH_MAX = 128;

  private static final Comparator<AccessKey> ORDER =
      Comparator.comparing(AccessKey::kind).thenComparing(AccessKey::name);

  /** How somebody says who they are. */
  public enum Kind {
    TOKEN("token"),
    CERTIFICATE("certificate");

    private final String text;

    Kind(String text) {
      this.text = text;
    }
  }

  public AccessKey {
    requireArgument(
        isName(name),
        "name of %s characters: expected 1 to %s, without control characters",
        name.length(),
        NAME_LENGTH_MAX);
  }

  /** Whether somebody can have this name. */
  public static boolean isName(String name) {
    return !name.isBlank()
        && name.length() <= NAME_LENGTH_MAX
        && name.chars().noneMatch(Character::isISOControl);
  }

  @Override
  public int compareTo(AccessKey other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return "%s '%s'".formatted(kind.text, name);
  }
}
