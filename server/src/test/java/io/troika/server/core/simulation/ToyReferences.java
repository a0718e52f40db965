package io.troika.server.core.simulation;

import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.pack.ReferenceFinder;
import io.troika.server.core.pack.UnreadableReferencesException;
import java.util.ArrayList;
import java.util.List;

/** References in the short texts of these tests: a letter names an object, a '?' cannot be read. */
final class ToyReferences {
  static final ReferenceFinder FINDER = ToyReferences::references;

  private ToyReferences() {}

  private static List<Oid> references(Bytes data) throws UnreadableReferencesException {
    List<Oid> oids = new ArrayList<>();
    for (char letter : data.toUtf8().toCharArray()) {
      switch (letter) {
        case 'x' -> oids.add(new Oid(1));
        case 'y' -> oids.add(new Oid(2));
        case 'z' -> oids.add(new Oid(5));
        default -> throw new UnreadableReferencesException("a record with " + letter);
      }
    }
    return oids;
  }
}
