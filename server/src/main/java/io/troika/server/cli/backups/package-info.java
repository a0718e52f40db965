/** Backing up a storage of a running cluster, and restoring it. */
@NullMarked
package io.troika.server.cli.backups;

import org.jspecify.annotations.NullMarked;
