/**
 * What stands in for a class of Ratis of the same name: the server's jar comes before Ratis's on
 * the class path.
 */
@NullMarked
package org.apache.ratis.util;

import org.jspecify.annotations.NullMarked;
