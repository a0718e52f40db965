/** Tells subscribers which transactions became visible, in order. */
@NullMarked
package io.troika.server.service.feed;

import org.jspecify.annotations.NullMarked;
