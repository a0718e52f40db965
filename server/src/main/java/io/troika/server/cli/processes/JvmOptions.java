package io.troika.server.cli.processes;

import java.lang.management.ManagementFactory;
import java.util.List;

/** The JVM options of this process, for children that should have the same. */
final class JvmOptions {
  private JvmOptions() {}

  /** Without what only one process can have: a debugger's or an agent's port. */
  static List<String> own() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(JvmOptions::isCarriedOver)
        .toList();
  }

  /** {@code --enable-native-access} and its like: what a runtime warns of without. */
  private static boolean isCarriedOver(String option) {
    return option.startsWith("-X") || option.startsWith("-D") || option.contains("-access=");
  }
}
