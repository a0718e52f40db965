package io.troika.server.core.scenario;

import io.troika.server.core.command.Command;
import io.troika.server.core.command.Command.AbandonTransaction;
import io.troika.server.core.command.Command.AllocateOids;
import io.troika.server.core.command.Command.CommitTogether;
import io.troika.server.core.command.Command.CommitTransaction;
import io.troika.server.core.command.Command.CreateStorage;
import io.troika.server.core.command.Command.Delete;
import io.troika.server.core.command.Command.NoOperation;
import io.troika.server.core.command.Command.ReadCheck;
import io.troika.server.core.command.Command.RestoreTransactions;
import io.troika.server.core.command.Command.RestoredRevision;
import io.troika.server.core.command.Command.RestoredTransaction;
import io.troika.server.core.command.Command.Share;
import io.troika.server.core.command.Command.Write;
import io.troika.server.core.command.PackWork.EndGarbage;
import io.troika.server.core.command.PackWork.Garbage;
import io.troika.server.core.command.PackWork.PackStep;
import io.troika.server.core.command.PackWork.RemoveGarbage;
import io.troika.server.core.command.PackWork.StartPack;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.core.model.StorageId;
import io.troika.server.core.model.Tid;
import io.troika.server.core.model.TransactionId;
import io.troika.server.core.model.TransactionMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Reads the lines of a transcript that are commands. */
final class ScenarioCommands {
  private static final Set<String> VERBS =
      Set.of(
          "create",
          "commit",
          "together",
          "restore",
          "abandon",
          "allocate",
          "nothing",
          "pack",
          "step",
          "garbage",
          "endgarbage");

  private static final long STEP_BYTES = 1 << 20;

  private ScenarioCommands() {}

  static boolean isCommand(Words words) {
    return VERBS.contains(words.verb());
  }

  static Command parse(Words words) {
    return switch (words.verb()) {
      case "create" -> new CreateStorage(words.word(0), new UUID(0, words.word(0).hashCode()));
      case "commit" -> commit(words);
      case "together" -> together(words);
      case "restore" -> restore(words);
      case "abandon" -> new AbandonTransaction(id(words));
      case "allocate" -> new AllocateOids(storage(words), Integer.parseInt(words.word(0)));
      case "nothing" -> new NoOperation();
      case "pack" -> new StartPack(storage(words), tid(words.word(0)), words.has("garbage"));
      case "step" ->
          new PackStep(
              storage(words), tid(words.word(0)), (int) words.number("rows", 100), STEP_BYTES);
      case "garbage" -> garbage(words);
      case "endgarbage" ->
          new EndGarbage(storage(words), tid(words.word(0)), words.text("problem", ""));
      default -> throw new IllegalArgumentException("'" + words + "': unknown command");
    };
  }

  static TransactionId id(Words words) {
    return new TransactionId(new UUID(0, 0), Long.parseLong(words.word(0)));
  }

  static StorageId storage(Words words) {
    return new StorageId((int) words.number("storage", 1));
  }

  /** Objects are {@code oid:SERIAL}. */
  private static RemoveGarbage garbage(Words words) {
    return new RemoveGarbage(
        storage(words),
        tid(words.word(0)),
        words.tid("asof", Tid.NONE),
        words.list("objects").stream().map(p -> new Garbage(oid(p), tid(p[1]))).toList());
  }

  /** In storages 1 and 2, and in 3 if it is named: {@code write1=}, {@code read2=} and so on. */
  private static CommitTogether together(Words words) {
    List<Share> shares = new ArrayList<>();
    for (int storage = 1; storage <= words.number("storages", 2); storage++) {
      CommitTransaction share = commit(words, Integer.toString(storage));
      shares.add(
          new Share(
              new StorageId(storage),
              share.reads(),
              share.writes(),
              share.deletes(),
              share.undos()));
    }
    return new CommitTogether(id(words), words.tid("tid", Tid.NONE), metadata(words), shares);
  }

  private static CommitTransaction commit(Words words) {
    return commit(words, "");
  }

  private static CommitTransaction commit(Words words, String number) {
    List<ReadCheck> reads =
        words.list("read" + number).stream().map(p -> new ReadCheck(oid(p), tid(p[1]))).toList();
    List<Write> writes =
        words.list("write" + number).stream()
            .map(p -> new Write(oid(p), tid(p[1]), Bytes.utf8(p[2])))
            .toList();
    List<Delete> deletes =
        words.list("delete" + number).stream().map(p -> new Delete(oid(p), tid(p[1]))).toList();
    List<Tid> undos = words.list("undo" + number).stream().map(p -> tid(p[0])).toList();
    return new CommitTransaction(
        id(words),
        storage(words),
        words.tid("tid", Tid.NONE),
        metadata(words),
        reads,
        writes,
        deletes,
        undos);
  }

  /**
   * Records are {@code oid:data:TEXT}, {@code oid:from:TID} or {@code oid:absent}. Further
   * transactions of the same command: {@code tid2=}, {@code records2=} and so on.
   */
  private static RestoreTransactions restore(Words words) {
    List<RestoredTransaction> transactions = new ArrayList<>();
    transactions.add(restored(words, ""));
    for (int i = 2; words.has("tid" + i); i++) {
      transactions.add(restored(words, Integer.toString(i)));
    }
    return new RestoreTransactions(id(words), storage(words), transactions);
  }

  private static RestoredTransaction restored(Words words, String number) {
    return new RestoredTransaction(
        words.tid("tid" + number, Tid.NONE),
        words.text("status" + number, " ").charAt(0),
        metadata(words),
        words.list("records" + number).stream().map(ScenarioCommands::restored).toList());
  }

  private static RestoredRevision restored(String[] parts) {
    return switch (parts[1]) {
      case "data" -> new RestoredRevision(oid(parts), Bytes.utf8(parts[2]), null);
      case "from" -> new RestoredRevision(oid(parts), null, tid(parts[2]));
      case "absent" -> new RestoredRevision(oid(parts), null, null);
      default -> throw new IllegalArgumentException("'" + parts[1] + "': unknown record");
    };
  }

  private static TransactionMetadata metadata(Words words) {
    return new TransactionMetadata(
        Bytes.utf8(words.text("user", "")), Bytes.utf8(words.text("note", "")), Bytes.EMPTY);
  }

  private static Oid oid(String[] parts) {
    return Oid.parse(parts[0]);
  }

  private static Tid tid(String text) {
    return Tid.parse(text);
  }
}
