/** {@code troika drill}: a planned fail-over, watched by small clients that call all the time. */
@NullMarked
package io.troika.server.cli.drill;

import org.jspecify.annotations.NullMarked;
