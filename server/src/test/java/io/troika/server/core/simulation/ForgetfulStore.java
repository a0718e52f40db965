package io.troika.server.core.simulation;

import io.troika.server.core.ChangeSet;
import io.troika.server.core.ForwardingStore;
import io.troika.server.core.RevisionStore;
import io.troika.server.core.command.Outcome.TransactionOutcome;
import io.troika.server.core.model.TransactionId;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A planted bug: a store that knows only the outcomes that were written since it was opened. */
final class ForgetfulStore extends ForwardingStore {
  private final Set<TransactionId> known = new HashSet<>();

  ForgetfulStore(RevisionStore store) {
    super(store);
  }

  @Override
  public void write(ChangeSet changes) {
    changes.outcomes().forEach(each -> known.add(each.id()));
    super.write(changes);
  }

  @Override
  public @Nullable TransactionOutcome outcome(TransactionId id) {
    return known.contains(id) ? super.outcome(id) : null;
  }
}
