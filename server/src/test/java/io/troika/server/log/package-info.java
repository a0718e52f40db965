@NullMarked
package io.troika.server.log;

import org.jspecify.annotations.NullMarked;
