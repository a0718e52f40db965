@NullMarked
package io.troika.server.backup;

import org.jspecify.annotations.NullMarked;
