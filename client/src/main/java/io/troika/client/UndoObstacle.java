package io.troika.client;

import java.util.Optional;

/**
 * Why a transaction can't be undone, for one object: it was changed since.
 *
 * @param storage as of an {@link ObjectConflict}
 * @param oid the object
 * @param undone the transaction that was to be undone
 * @param current the newest transaction that changed the object since
 */
public record UndoObstacle(Optional<String> storage, Oid oid, Tid undone, Tid current) {}
