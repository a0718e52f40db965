package io.troika.server.core.scenario;

import static java.util.Objects.requireNonNullElse;

import io.troika.server.core.model.Oid;
import io.troika.server.core.model.Tid;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One line of a transcript: a verb, then {@code name=value} options and plain words, separated by
 * blanks. A value may be a list separated by commas.
 */
final class Words {
  private final String line;
  private final String verb;
  private final List<String> plain = new ArrayList<>();
  private final Map<String, String> options = new HashMap<>();

  Words(String line) {
    this.line = line;
    String[] words = line.strip().split(" +", -1);
    verb = words[0];
    for (int i = 1; i < words.length; i++) {
      int equals = words[i].indexOf('=');
      if (equals < 0) {
        plain.add(words[i]);
      } else {
        options.put(words[i].substring(0, equals), words[i].substring(equals + 1));
      }
    }
  }

  String verb() {
    return verb;
  }

  String word(int index) {
    if (index >= plain.size()) {
      throw new IllegalArgumentException("'" + line + "': word " + (index + 1) + " is missing");
    }
    return plain.get(index);
  }

  boolean has(String option) {
    return options.containsKey(option);
  }

  String text(String option, String otherwise) {
    return requireNonNullElse(options.get(option), otherwise);
  }

  long number(String option, long otherwise) {
    String value = options.get(option);
    return value == null ? otherwise : Long.parseLong(value);
  }

  Tid tid(String option, Tid otherwise) {
    String value = options.get(option);
    return value == null ? otherwise : Tid.parse(value);
  }

  /** The parts of a list option, each split at colons. */
  List<String[]> list(String option) {
    List<String[]> parts = new ArrayList<>();
    if (options.containsKey(option)) {
      for (String part : options.get(option).split(",", -1)) {
        parts.add(part.split(":", -1));
      }
    }
    return parts;
  }

  Oid oid(int index) {
    return Oid.parse(word(index));
  }

  @Override
  public String toString() {
    return line;
  }
}
