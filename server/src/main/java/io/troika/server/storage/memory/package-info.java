/** The ports of the core on sorted maps: the reference model, for simulation and tests. */
@NullMarked
package io.troika.server.storage.memory;

import org.jspecify.annotations.NullMarked;
