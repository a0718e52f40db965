/**
 * Three nodes as processes, clients at work, and the operating system against them. Afterwards the
 * whole history is checked.
 */
@NullMarked
package io.troika.it.faults;

import org.jspecify.annotations.NullMarked;
