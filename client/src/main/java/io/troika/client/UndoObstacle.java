package io.troika.client;

/**
 * Why a transaction can't be undone, for one object: it was changed since.
 *
 * @param oid the object
 * @param undone the transaction that was to be undone
 * @param current the newest transaction that changed the object since
 */
public record UndoObstacle(Oid oid, Tid undone, Tid current) {}
