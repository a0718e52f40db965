/**
 * What the rest of the node gives to this package: the log, the control of the cluster, time,
 * listeners.
 */
@NullMarked
package io.troika.server.service.ports;

import org.jspecify.annotations.NullMarked;
