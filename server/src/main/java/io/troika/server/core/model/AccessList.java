package io.troika.server.core.model;

import static io.troika.server.core.model.Checks.requireArgument;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All grants of a group, immutable. Small, so it is stored, digested and replaced as a whole.
 *
 * @param grants each key once, in the order of keys
 */
public record AccessList(List<AccessGrant> grants) {
  /** So that the whole list stays a small value. */
  public static final int SIZE_MAX = 1_000;

  public static final AccessList EMPTY = new AccessList(List.of());

  public AccessList {
    grants = grants.stream().sorted(Comparator.comparing(AccessGrant::key)).toList();
    requireArgument(
        grants.stream().map(AccessGrant::key).distinct().count() == grants.size(),
        "a list of grants names somebody twice");
  }

  public @Nullable AccessGrant find(AccessKey key) {
    int low = 0;
    int high = grants.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = grants.get(middle).key().compareTo(key);
      if (order == 0) {
        return grants.get(middle);
      }
      low = order < 0 ? middle + 1 : low;
      high = order < 0 ? high : middle - 1;
    }
    return null;
  }

  /** The same with this grant, in place of what its key had. */
  public AccessList with(AccessGrant grant) {
    List<AccessGrant> changed = new ArrayList<>(without(grant.key()).grants);
    changed.add(grant);
    return new AccessList(changed);
  }

  /** The same without that key. */
  public AccessList without(AccessKey key) {
    return new AccessList(grants.stream().filter(each -> !each.key().equals(key)).toList());
  }

  public boolean isFull() {
    return grants.size() >= SIZE_MAX;
  }
}
