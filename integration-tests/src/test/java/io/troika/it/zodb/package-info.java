/** ZODB programs, as pip installs them, on clusters of real processes. */
@NullMarked
package io.troika.it.zodb;

import org.jspecify.annotations.NullMarked;
