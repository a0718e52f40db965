/** How answers and progress are printed. */
@NullMarked
package io.troika.server.cli.output;

import org.jspecify.annotations.NullMarked;
