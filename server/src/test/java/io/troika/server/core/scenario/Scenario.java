package io.troika.server.core.scenario;

import static java.util.Objects.requireNonNull;

import io.troika.server.core.CommitListener;
import io.troika.server.core.StorageCore;
import io.troika.server.core.command.Command;
import io.troika.server.core.command.LogEntry;
import io.troika.server.core.command.Outcome;
import io.troika.server.core.digest.StateVerification;
import io.troika.server.core.model.LogPosition;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.StorageState;
import io.troika.server.core.model.Tid;
import io.troika.server.core.mvcc.ObjectReads;
import io.troika.server.core.mvcc.TransactionContents;
import io.troika.server.core.mvcc.TransactionReads;
import io.troika.server.storage.memory.MemoryRevisionStore;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a transcript: blocks separated by empty lines, each of some input lines, a line {@code
 * ----}, and what they answered. Commands that stand together in a block are one log entry. The
 * result is the whole transcript with the answers that were really given, comments kept.
 */
final class Scenario {
  private static final String ANSWERS = "----";
  private static final long RETENTION_MILLIS = 1_000;
  private static final int LIMIT = 100;

  private final MemoryRevisionStore store = new MemoryRevisionStore();
  private final StorageCore core = new StorageCore(store, CommitListener.NONE);
  private final ObjectReads reads = new ObjectReads(store);
  private final TransactionReads transactions = new TransactionReads(store);
  private long index;
  private long timeMillis;

  /** The transcript with the answers given. */
  static String run(String transcript) {
    Scenario scenario = new Scenario();
    List<String> blocks = new ArrayList<>();
    for (String block : transcript.strip().split("\n\n+", -1)) {
      blocks.add(scenario.runBlock(block));
    }
    scenario.verify();
    return String.join("\n\n", blocks) + "\n";
  }

  private String runBlock(String block) {
    List<String> written = new ArrayList<>();
    List<String> answers = new ArrayList<>();
    List<Command> entry = new ArrayList<>();
    for (String line : block.split("\n", -1)) {
      if (line.equals(ANSWERS)) {
        break;
      }
      written.add(line);
      if (line.startsWith("#")) {
        continue;
      }
      Words words = new Words(line);
      if (ScenarioCommands.isCommand(words)) {
        entry.add(ScenarioCommands.parse(words));
      } else {
        apply(entry, answers);
        answers.addAll(query(words));
      }
    }
    apply(entry, answers);
    if (!answers.isEmpty()) {
      written.add(ANSWERS);
      written.addAll(answers);
    }
    return String.join("\n", written);
  }

  private void apply(List<Command> commands, List<String> answers) {
    if (commands.isEmpty()) {
      return;
    }
    LogEntry entry = new LogEntry(timeMillis, RETENTION_MILLIS, commands);
    for (Outcome outcome : core.apply(new LogPosition(1, index++), entry)) {
      answers.add(ScenarioAnswers.of(outcome));
    }
    commands.clear();
  }

  private List<String> query(Words words) {
    StorageId storage = ScenarioCommands.storage(words);
    return switch (words.verb()) {
      case "time" -> {
        timeMillis = Long.parseLong(words.word(0));
        yield List.of();
      }
      case "load" -> List.of(load(words, storage));
      case "history" ->
          reads.history(storage, words.oid(0), (int) words.number("limit", LIMIT)).stream()
              .map(ScenarioAnswers::of)
              .toList();
      case "objects" -> {
        Tid at = words.tid("at", state(storage).lastTid());
        yield List.of(
            reads
                .objects(storage, words.oid(0), at, (int) words.number("limit", LIMIT))
                .toString());
      }
      case "transactions" ->
          transactions.after(storage, words.tid("after", Tid.NONE), Tid.MAX, LIMIT).stream()
              .map(ScenarioAnswers::of)
              .toList();
      case "undolog" ->
          transactions.undoLog(storage, words.tid("before", Tid.MAX), LIMIT).stream()
              .map(ScenarioAnswers::of)
              .toList();
      case "contents" -> contents(storage, Tid.parse(words.word(0)));
      case "invalidations" ->
          List.of(
              ScenarioAnswers.of(
                  transactions.invalidationsSince(
                      storage,
                      Tid.parse(words.word(0)),
                      (int) words.number("transactions", LIMIT),
                      (int) words.number("oids", LIMIT))));
      case "state" -> List.of(ScenarioAnswers.of(state(storage)));
      case "outcome" -> List.of(ScenarioAnswers.of(store.outcome(ScenarioCommands.id(words))));
      default -> throw new IllegalArgumentException("'" + words + "': unknown");
    };
  }

  private String load(Words words, StorageId storage) {
    if (words.has("serial")) {
      return ScenarioAnswers.of(
          reads.loadSerial(storage, words.oid(0), words.tid("serial", Tid.NONE)));
    }
    return ScenarioAnswers.of(
        words.has("before")
            ? reads.loadBefore(storage, words.oid(0), words.tid("before", Tid.MAX))
            : reads.current(storage, words.oid(0)));
  }

  private List<String> contents(StorageId storage, Tid tid) {
    TransactionContents contents = transactions.contents(storage, tid);
    return contents == null
        ? List.of("no transaction " + tid)
        : contents.revisions().stream().map(ScenarioAnswers::of).toList();
  }

  private StorageState state(StorageId storage) {
    return requireNonNull(store.storage(storage), "no such storage");
  }

  private void verify() {
    for (StorageState state : store.storages()) {
      List<String> findings = StateVerification.verify(store, state.id());
      if (!findings.isEmpty()) {
        throw new AssertionError("the state does not fit together: " + findings);
      }
    }
  }
}
