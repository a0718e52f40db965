package io.troika.server.cli.doctor;

import java.util.List;

/** Looks for one kind of trouble in what was found out about a cluster. */
interface Check {
  /** One word. */
  String name();

  /** What is wrong; empty if nothing is. */
  List<Finding> examine(Examination examination);

  /** What to say if nothing is: what was looked at. */
  String whenGood(Examination examination);
}
