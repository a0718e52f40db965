/**
 * All that the log can say ({@code Command}) and all that applying it can answer ({@code Outcome}).
 */
@NullMarked
package io.troika.server.core.command;

import org.jspecify.annotations.NullMarked;
