package io.troika.server.cli.doctor;

/**
 * Something wrong.
 *
 * @param node which node it is about; empty for the cluster
 * @param problem what was found, in a sentence
 * @param next what to do about it, in a sentence
 */
record Finding(Severity severity, String node, String problem, String next) {
  /** How bad it is. */
  enum Severity {
    /** It serves, and something will go wrong or has to be looked at. */
    WARNING,
    /** Something does not work. */
    ERROR
  }

  static Finding error(String node, String problem, String next) {
    return new Finding(Severity.ERROR, node, problem, next);
  }

  static Finding warning(String node, String problem, String next) {
    return new Finding(Severity.WARNING, node, problem, next);
  }
}
