/** Scenario transcripts of the core: commands, then exactly what they answer. */
@NullMarked
package io.troika.server.core.scenario;

import org.jspecify.annotations.NullMarked;
