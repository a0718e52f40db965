/**
 * Benchmarks that start the systems they compare beside each other on this machine and print ratios
 * within one run. Run by {@code integration-tests/bench}; never part of the tests.
 */
@NullMarked
package io.troika.it.bench;

import org.jspecify.annotations.NullMarked;
