@NullMarked
package io.troika.server.cli.imports;

import org.jspecify.annotations.NullMarked;
