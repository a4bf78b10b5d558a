// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

/// One TLV of the control plane, as a value (base protocol section 5.4).
package enum ControlTLV: Hashable, Sendable {
    case hello(Hello)
    case ihu(IHU)
    case update(Update)
    case routeRequest(RouteRequest)
    case seqnoRequest(SeqnoRequest)
}

/// A prefix as the wire can spell it: wildcard, IPv4 or IPv6.
package enum WirePrefix: Hashable, Sendable {
    /// Address encoding 0, prefix length 0.
    case wildcard
    /// Address encoding 1; decoded so that it can be survived, never sent.
    case ipv4(IPv4Address, length: UInt8)
    /// Address encoding 2, or 3 (link-local) on receipt.
    case ipv6(Prefix)
}

/// Hello (TLV 4): 6 bytes.
package struct Hello: Hashable, Sendable {
    /// 0x8000 marks a unicast Hello; the base sends nothing else.
    package var flags: UInt16
    package var seqno: Seqno
    package var intervalCentiseconds: UInt16

    package init(flags: UInt16 = 0x8000, seqno: Seqno, intervalCentiseconds: UInt16 = 2000) {
        self.flags = flags
        self.seqno = seqno
        self.intervalCentiseconds = intervalCentiseconds
    }
}

/// IHU (TLV 5): 6 bytes, or 10, 14 or 22 with an address, which receivers ignore.
package struct IHU: Hashable, Sendable {
    /// The address as sent: `.wildcard` (none), or a full-length IPv4 or IPv6 address.
    package var address: WirePrefix
    /// The sender's cost towards the receiver.
    package var rxCost: Metric
    package var intervalCentiseconds: UInt16

    package init(
        address: WirePrefix = .wildcard,
        rxCost: Metric,
        intervalCentiseconds: UInt16 = 6000
    ) {
        self.address = address
        self.rxCost = rxCost
        self.intervalCentiseconds = intervalCentiseconds
    }
}

/// Update (TLV 8): a route, or with an infinite metric its retraction.
package struct Update: Hashable, Sendable {
    /// 0 when sent; receivers keep bits 0x80 and 0x40 and ignore them.
    package var flags: UInt8
    package var intervalCentiseconds: UInt16
    package var seqno: Seqno
    package var metric: Metric
    package var prefix: WirePrefix
    /// The originator; in a retraction whoever retracts.
    package var routerID: RouterID
    /// The greatest inner packet that the path takes whole, bytes; between Hypha nodes only, where
    /// it is at least 1280 from a correct sender (`Docs/protocol/hypha.md` section 5).
    package var pathMTU: UInt16?

    package init(
        flags: UInt8 = 0,
        intervalCentiseconds: UInt16 = 30_000,
        seqno: Seqno,
        metric: Metric,
        prefix: WirePrefix,
        routerID: RouterID,
        pathMTU: UInt16? = nil
    ) {
        self.flags = flags
        self.intervalCentiseconds = intervalCentiseconds
        self.seqno = seqno
        self.metric = metric
        self.prefix = prefix
        self.routerID = routerID
        self.pathMTU = pathMTU
    }
}

/// Route request (TLV 9), flooded with a generation count.
package struct RouteRequest: Hashable, Sendable {
    /// Hops travelled so far, 0 when originated.
    package var generation: UInt8
    /// `.wildcard` asks for a full dump.
    package var prefix: WirePrefix

    package init(generation: UInt8, prefix: WirePrefix) {
        self.generation = generation
        self.prefix = prefix
    }
}

/// Seqno request (TLV 10).
package struct SeqnoRequest: Hashable, Sendable {
    package var seqno: Seqno
    /// 64 when new; 0 is refused by the decoder.
    package var hopCount: UInt8
    /// The source whose seqno is asked for.
    package var routerID: RouterID
    package var prefix: WirePrefix

    package init(
        seqno: Seqno,
        hopCount: UInt8 = 64,
        routerID: RouterID,
        prefix: WirePrefix
    ) {
        self.seqno = seqno
        self.hopCount = hopCount
        self.routerID = routerID
        self.prefix = prefix
    }
}
