@NullMarked
package io.troika.server.cli.drill;

import org.jspecify.annotations.NullMarked;
