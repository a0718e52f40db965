/**
 * Faults of all kinds at random, some of them at once, for as long as one likes, against nodes as
 * processes in networks of their own.
 */
@NullMarked
package io.troika.it.soak;

import org.jspecify.annotations.NullMarked;
