// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// The ceilings of one engine; the defaults are those of ``Limits``.
package struct RoutingConfiguration: Hashable, Sendable {
    package var routesMax = Limits.routesMax
    package var sourcesMax = Limits.sourcesMax
    package var queriesMax = Limits.queriesMax
    package var refreshesMax = Limits.refreshesMax
    package var seqnoRequestsMax = Limits.seqnoRequestsMax
    package var neighboursMax = Limits.neighboursMax

    package init() {}
}
