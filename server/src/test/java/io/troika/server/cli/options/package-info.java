/** Options that commands share, and exit codes. */
@NullMarked
package io.troika.server.cli.options;

import org.jspecify.annotations.NullMarked;
