// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// The best pair of seqno and metric this node has advertised for a source (RFC 8966 section 3.5.1).
package struct FeasibilityDistance: Hashable, Sendable {
    package var seqno: Seqno
    package var metric: Metric

    package init(seqno: Seqno, metric: Metric) {
        self.seqno = seqno
        self.metric = metric
    }

    /// Whether a route with this seqno and metric cannot pass through ourselves: a newer seqno, or
    /// the same one and a strictly lower metric; a retraction always is feasible.
    package func admits(seqno: Seqno, metric: Metric) -> Bool {
        metric.isInfinite || seqno.isNewer(than: self.seqno)
            || seqno == self.seqno && metric < self.metric
    }

    /// The distance after also advertising this seqno and metric (base section 5.8).
    package func advertising(seqno: Seqno, metric: Metric) -> FeasibilityDistance {
        if seqno.isNewer(than: self.seqno) || seqno == self.seqno && metric < self.metric {
            return FeasibilityDistance(seqno: seqno, metric: metric)
        }
        return self
    }
}
