/**
 * What the rest of the node gives to the service: the log, the control of the cluster, time,
 * listeners.
 */
@NullMarked
package io.troika.server.service.ports;

import org.jspecify.annotations.NullMarked;
