package io.troika.client;

import java.util.Optional;

/**
 * What a committed transaction did to one object.
 *
 * @param oid the object
 * @param data as of this transaction, also where it is shared; empty: the object is absent
 * @param dataTid where the data is shared (by undo): the transaction that wrote it; else none
 */
public record RecordedChange(Oid oid, Optional<Bytes> data, Tid dataTid) {}
