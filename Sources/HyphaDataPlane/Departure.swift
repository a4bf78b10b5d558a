// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaForwarding
import HyphaSession
import HyphaWire

/// How packets of this host to one destination leave: over which carrier, sealed by what.
///
/// Decided once for each read of TUN, for all segments of it.
struct Departure {
    /// Place of the next hop's link; below 0 when another worker has it.
    let link: Int
    let carrier: Carrier
    let body: Body

    /// The dialect and the carrier of the next hop.
    enum Carrier {
        /// A stream in the base dialect.
        case plainStream
        /// Frames sealed by a link session, at this place.
        case sealedStream(Int)
        case datagram(Int)
    }

    /// What protects the packet end to end.
    enum Body {
        /// The base's static key.
        case base(PublicKey)
        /// A session with the destination, at this place.
        case session(Int)
        /// The link itself: its other end is the destination.
        case direct
    }

    /// Whether the link is another worker's, to which frames of the base are handed.
    var isElsewhere: Bool { link < 0 }

    /// The link that another worker has.
    var linkElsewhere: LinkID { LinkID(UInt32(truncatingIfNeeded: -1 - link)) }

    /// What stands for the place of a link that another worker has.
    static func place(elsewhere link: LinkID) -> Int { -1 - Int(link.value) }

    var isDatagram: Bool {
        if case .datagram = carrier { true } else { false }
    }
    var isDirect: Bool {
        if case .direct = body { true } else { false }
    }
    /// Whether the other end is a Hypha node and checks a tag of its session or link, so that
    /// checksums and segmentation can be left to the hosts (`Docs/protocol/hypha.md` section 3.3).
    var leavesOffloads: Bool {
        switch body {
        case .direct, .session: true
        case .base: false
        }
    }
}

extension Departure {
    /// What a frame has more than the inner packet, bytes, the stream's packet header included.
    var overheadByteCount: Int {
        switch carrier {
        case .plainStream:
            DataHeader.byteCount + BaseBody.overheadByteCount
        case .sealedStream:
            StreamFrame.headerByteCount + frameOverheadByteCount
        case .datagram:
            frameOverheadByteCount
        }
    }

    private var frameOverheadByteCount: Int {
        switch body {
        case .direct: SealedFrame.directOverheadByteCount
        case .base, .session: SealedFrame.routedOverheadByteCount + BaseBody.overheadByteCount
        }
    }
}

/// Offsets within a sealed frame (`Docs/protocol/hypha.md` section 3.3).
enum SealedFrame {
    /// Size of the transport header, the additional data of what follows.
    static let headerByteCount = 16
    static let tagByteCount = 16
    /// The base's data header without the packet header that a stream needs.
    static let routedHeaderByteCount = DataHeader.byteCount - StreamFrame.headerByteCount
    /// Where the body of a routed frame begins.
    static let routedOverheadByteCount = headerByteCount + routedHeaderByteCount + tagByteCount
    static let directOverheadByteCount = headerByteCount + UserHeader.byteCount + tagByteCount
    /// The smallest frame: nothing inside.
    static let byteCountMin = headerByteCount + tagByteCount
}
