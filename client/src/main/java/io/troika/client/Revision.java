package io.troika.client;

/**
 * One object as a read view sees it.
 *
 * @param oid the object
 * @param serial the transaction that wrote this revision
 * @param data the object's bytes
 */
public record Revision(Oid oid, Tid serial, Bytes data) {}
