/** Packs, in bounded steps, and the search for what cannot be reached any more. */
@NullMarked
package io.troika.server.service.pack;

import org.jspecify.annotations.NullMarked;
