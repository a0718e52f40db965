/** Brings a FileStorage into a storage of a cluster, tids and all, and checks that it is there. */
@NullMarked
package io.troika.server.cli.imports;

import org.jspecify.annotations.NullMarked;
