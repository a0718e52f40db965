/** Clients that work on a cluster while something is done to it, and write down what they saw. */
@NullMarked
package io.troika.it.workload;

import org.jspecify.annotations.NullMarked;
