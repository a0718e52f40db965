/** A cluster of fake nodes on loopback over one store in memory, with faults to inject. */
@NullMarked
package io.troika.client.fake;

import org.jspecify.annotations.NullMarked;
