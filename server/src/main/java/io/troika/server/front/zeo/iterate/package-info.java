/** What ZEO clients ask of the past: history, the undo log, iteration. */
@NullMarked
package io.troika.server.front.zeo.iterate;

import org.jspecify.annotations.NullMarked;
