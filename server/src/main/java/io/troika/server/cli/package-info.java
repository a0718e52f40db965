/**
 * The command line: one class a command, exit codes, tables and JSON. Speaks to clusters through
 * the Java client only, starts nodes through package {@code node}.
 */
@NullMarked
package io.troika.server.cli;

import org.jspecify.annotations.NullMarked;
