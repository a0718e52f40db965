/** What the command line tool and the node log, and how. */
@NullMarked
package io.troika.server.cli.logging;

import org.jspecify.annotations.NullMarked;
