@NullMarked
package io.troika.server.cli.backups;

import org.jspecify.annotations.NullMarked;
