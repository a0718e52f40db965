/** Who may do what: {@code access}, {@code cert}. */
@NullMarked
package io.troika.server.cli.security;

import org.jspecify.annotations.NullMarked;
