@NullMarked
package io.troika.server.references;

import org.jspecify.annotations.NullMarked;
