/**
 * The files of a backup: written, read and checked without a cluster. See DESIGN.md beside this.
 */
@NullMarked
package io.troika.server.backup;

import org.jspecify.annotations.NullMarked;
