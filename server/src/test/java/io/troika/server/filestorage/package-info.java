@NullMarked
package io.troika.server.filestorage;

import org.jspecify.annotations.NullMarked;
