package io.troika.server.references;

/**
 * What a pickle puts on its stack, as far as a persistent id can be made of it. Values that are no
 * part of one are shared, so that a pickle of millions of them takes little memory.
 */
sealed interface PickleValue {

  /** Those without content. */
  enum Plain implements PickleValue {
    /** Where a run of values begins. */
    MARK,
    /** A list, whatever is in it. */
    LIST,
    /** Anything else that is no part of a persistent id. */
    OPAQUE
  }

  /** Eight bytes, or eight characters of ASCII. */
  record OidText(long oid) implements PickleValue {}

  /** A tuple that begins with such a text. */
  record OidTuple(long oid) implements PickleValue {}
}
