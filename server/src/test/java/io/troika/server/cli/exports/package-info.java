/** Writing a storage to a ZODB FileStorage. */
@NullMarked
package io.troika.server.cli.exports;

import org.jspecify.annotations.NullMarked;
