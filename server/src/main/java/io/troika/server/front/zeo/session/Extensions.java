package io.troika.server.front.zeo.session;

import io.troika.server.core.model.Bytes;
import io.troika.server.front.zeo.wire.Pickles;
import io.troika.server.front.zeo.wire.ZeoProtocolException;
import java.util.Map;

/**
 * What a transaction says of itself beside user and description: a map over the wire, a pickle of
 * it in the storage, as in a Data.fs.
 */
public final class Extensions {
  private Extensions() {}

  /**
   * A map as it is stored.
   *
   * @throws IllegalArgumentException if a value in it is more than data
   */
  public static Bytes toPickle(Map<?, ?> extension) {
    return extension.isEmpty() ? Bytes.EMPTY : Pickles.dump(extension);
  }

  /** Empty as well for what an imported database has and what we can't read, such as objects. */
  public static Map<?, ?> fromPickle(Bytes pickle) {
    if (pickle.isEmpty()) {
      return Map.of();
    }
    try {
      return Pickles.load(pickle) instanceof Map<?, ?> map ? map : Map.of();
    } catch (ZeoProtocolException e) {
      return Map.of();
    }
  }
}
