package io.troika.server.front.zeo.session;

import io.troika.server.core.command.Outcome.ObjectConflict;
import io.troika.server.core.model.Bytes;
import io.troika.server.core.model.Oid;
import io.troika.server.front.zeo.wire.Wire;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An error as a ZEO client takes it: a class name that it knows, and what goes with it
 * (zeo-protocol.md §4). A class that it does not know becomes a ServerException there.
 */
public final class ZeoError extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final String POS = "ZODB.POSException.";

  private final String className;
  private final transient Object detail;

  private ZeoError(String className, Object detail, String message) {
    super(message);
    this.className = className;
    this.detail = detail;
  }

  public String className() {
    return className;
  }

  /** A list of arguments, or a map of attributes. */
  public Object detail() {
    return detail;
  }

  private static ZeoError withText(String className, String text) {
    return new ZeoError(className, Wire.tuple(text), text);
  }

  /** There is no such object, or not any more. */
  public static ZeoError noSuchObject(Oid oid) {
    return new ZeoError(
        POS + "POSKeyError", Wire.tuple(Wire.bytes(oid)), "oid " + oid + ": no such object");
  }

  public static ZeoError readOnly() {
    return new ZeoError(POS + "ReadOnlyError", Wire.tuple(), "registered as read-only");
  }

  /** The transaction can't go on, and why. */
  public static ZeoError transaction(String text) {
    return withText(POS + "StorageTransactionError", text);
  }

  /** Anything that is not a transaction's fault: arrives as a ServerException. */
  public static ZeoError storage(String text) {
    return withText(POS + "StorageError", text);
  }

  public static ZeoError value(String text) {
    return withText("builtins.ValueError", text);
  }

  public static ZeoError type(String text) {
    return withText("builtins.TypeError", text);
  }

  /** An id of the connection's own that is not known, or not any more. */
  public static ZeoError key(long id) {
    return new ZeoError("builtins.KeyError", Wire.tuple(id), "id " + id + " is not known");
  }

  /** Others changed what a transaction wrote or deleted. */
  public static ZeoError conflict(ObjectConflict conflict) {
    return conflict("ConflictError", "database conflict error", conflict);
  }

  /** Others changed what a transaction had read. */
  public static ZeoError readConflict(ObjectConflict conflict) {
    return conflict("ReadConflictError", "database read conflict error", conflict);
  }

  private static ZeoError conflict(String name, String text, ObjectConflict conflict) {
    Map<Object, @Nullable Object> attributes = new LinkedHashMap<>();
    attributes.put("message", text);
    attributes.put("oid", Wire.bytes(conflict.oid()));
    attributes.put(
        "serials",
        Wire.tuple(Wire.bytes(conflict.serialCurrent()), Wire.bytes(conflict.serialRead())));
    return new ZeoError(POS + name, attributes, text + " (oid " + conflict.oid() + ")");
  }

  /** One object that keeps a transaction from being undone; the oid may be an undo id. */
  public record UndoFailure(Bytes oid, String reason) {}

  /** Not everything could be undone. */
  public static ZeoError undo(List<UndoFailure> failures) {
    List<Object> errors = new ArrayList<>(failures.size());
    failures.forEach(each -> errors.add(Wire.tuple(each.oid(), each.reason())));
    Map<Object, @Nullable Object> attributes = new LinkedHashMap<>();
    attributes.put("_reason", failures.get(0).reason());
    attributes.put("_oid", failures.get(0).oid());
    attributes.put("_errs", errors);
    return new ZeoError(POS + "MultipleUndoErrors", attributes, failures.get(0).reason());
  }
}
