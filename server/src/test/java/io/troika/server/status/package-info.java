@NullMarked
package io.troika.server.status;

import org.jspecify.annotations.NullMarked;
