package io.troika.client;

/** What a caller should do about a {@link TroikaException}. */
public enum ErrorFamily {
  /** Fix the call. */
  INVALID_REQUEST,
  /** Run the transaction again from its start; {@link ObjectStore#run} does. */
  CONFLICT,
  /** Nothing was committed: try later. */
  NOT_NOW,
  /** Ask {@link TroikaClient#outcome}. */
  UNKNOWN_OUTCOME,
  /** An operator has to look. */
  BROKEN
}
