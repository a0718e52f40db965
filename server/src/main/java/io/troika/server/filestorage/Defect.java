package io.troika.server.filestorage;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What can be wrong with a {@code Data.fs} beyond a torn tail. Those that are not {@linkplain
 * #isTolerable tolerable} always stop the reader; of the others FileStorage only warns, and {@link
 * ReadSettings} says which of them to accept.
 */
public enum Defect {
  /** The file does not begin with FS30 or FS21. */
  MAGIC("not a FileStorage", false),
  /** A status byte above 127. FileStorage cannot decode it. */
  STATUS_NOT_ASCII("status of a transaction", false),
  /** A transaction shorter than its own header, and whole transactions seem to follow. */
  TRANSACTION_LENGTH("length of a transaction", false),
  /** The length at the end of a transaction is not that at its start. */
  TRAILING_LENGTH("length at the end of a transaction", false),
  /** A data record reaches beyond its transaction. */
  RECORD_LENGTH("length of a data record", false),
  /** A data record names another place as that of its transaction. */
  RECORD_TRANSACTION("position of the transaction, in a data record", false),
  /** A data record of a version: ZODB dropped them in 2008. */
  RECORD_VERSION("length of the version, in a data record", false),
  /** A back pointer that leads to no earlier record of the same object. */
  BACK_POINTER("back pointer", false),
  /** A tid of 2^63 or more: no such time is encoded by FileStorage, and none can be stored. */
  TID_RANGE("tid", false),
  /** A data record larger than {@link ReadSettings#recordSizeMaxBytes}. */
  RECORD_OVER_LIMIT("size of a data record", false),
  /** No transaction with that tid ends where reading was to go on: another file, or rewritten. */
  RESUME_POSITION("end of the last transaction that was read", false),

  /** A tid that is not greater than the one before it. */
  TID_ORDER("tid", true),
  /** A data record whose tid is not that of its transaction. */
  RECORD_TID("tid in a data record", true),
  /** A status other than normal, packed, unfinished and undone. */
  STATUS_UNKNOWN("status of a transaction", true),
  /** A previous position that is not before its own data record. Of no use to an import. */
  PREVIOUS_POSITION("previous position, in a data record", true);

  private final String subject;
  private final boolean tolerable;

  Defect(String subject, boolean tolerable) {
    this.subject = subject;
    this.tolerable = tolerable;
  }

  /** Whether FileStorage opens such a file, so that the reader can be told to do the same. */
  public boolean isTolerable() {
    return tolerable;
  }

  /** The field that is wrong, for a message. */
  String subject() {
    return subject;
  }

  /** All that FileStorage only warns of. */
  static Set<Defect> tolerable() {
    EnumSet<Defect> defects = EnumSet.allOf(Defect.class);
    defects.removeIf(defect -> !defect.isTolerable());
    return Collections.unmodifiableSet(defects);
  }
}
