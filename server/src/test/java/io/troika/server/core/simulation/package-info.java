/** Random command sequences: against a naive model, and on several replicas that crash. */
@NullMarked
package io.troika.server.core.simulation;

import org.jspecify.annotations.NullMarked;
