// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaBytes
package import HyphaLink
package import HyphaSession
package import HyphaWire

/// A sealed frame on its way: readable by whoever has the session of `receiver`.
package struct SealedFrame {
    let receiver: SessionIndex
    let counter: UInt64
    let key: [UInt8]
    let kind: TransportKind
    let content: [UInt8]
    /// Of the whole frame.
    package let byteCount: Int
}

/// What leaves a packet path.
package enum Departure {
    case datagram([UInt8], to: SocketAddress)
    case sealedDatagram(SealedFrame, to: SocketAddress)
    case stream(Int, [UInt8])
    case sealedStream(Int, SealedFrame)
    case streamClosed(Int)
}

/// The packet path of one node: sessions, counters, carriers; no cryptography.
package struct FakePacketPath {
    /// Keys and counters of one session.
    package struct Session {
        package let link: LinkID
        let kind: CarrierKind
        let remote: SessionIndex
        let sending: [UInt8]
        let receiving: [UInt8]
        var nextCounter: UInt64 = 0
        var highest: UInt64?
        var seen: Set<UInt64> = []
    }

    /// What is known of one link.
    package struct Link {
        /// Where datagrams go, and the last such place that was proven.
        package var endpoint: SocketAddress?
        package var proven: SocketAddress?
        /// The carrier that traffic goes over, and the session in use of each.
        package var active: CarrierKind?
        package var current: [CarrierKind: SessionIndex] = [:]
        /// Number of its stream on the wire.
        package var stream: Int?
        /// A stream that was replaced, open until its session is removed.
        var former: (stream: Int, session: SessionIndex)?
        package var isSealed = false
        /// Largest datagram, bytes.
        package var payloadMax = 1232
        /// The authenticated neighbour.
        package var key: PublicKey?
        /// What was counted for the link engine.
        package var activity: [CarrierKind: LinkActivity] = [:]
        /// Whether the engine wants to hear of the next frame of data.
        var isWatched = false

        package init() {}
    }

    /// Sessions by own index.
    package var sessions: [SessionIndex: Session] = [:]
    /// All links.
    package var links: [LinkID: Link] = [:]
    /// What is to be sent, in order; taken by the test.
    package var departures: [Departure] = []
    /// What there is to say besides what comes of a frame; taken by the test.
    package var events: [CarrierEvent] = []
    /// Frames that belong to no session, and repeated ones.
    package var unknown = 0
    package var replayed = 0
    /// Empty frames of kind 3 sent.
    package var keepAlives = 0

    package init() {}

    // MARK: - Commands

    /// Carries out one command.
    package mutating func apply(_ command: CarrierCommand, now: Instant) {
        switch command {
        case .sendDatagram(let bytes, let address):
            departures.append(.datagram(bytes, to: address))
        case .sendOnStream(let link, let bytes):
            if let stream = links[link]?.stream { departures.append(.stream(stream, bytes)) }
        case .install(let link, let kind, let local, let remote, let keys):
            func bytes(_ isSending: Bool) -> [UInt8] {
                isSending
                    ? keys.sending.withBytes { span in (0..<span.count).map { span[$0] } }
                    : keys.receiving.withBytes { span in (0..<span.count).map { span[$0] } }
            }
            links[link, default: Link()].key = links[link]?.key
            sessions[local] = Session(
                link: link,
                kind: kind,
                remote: remote,
                sending: bytes(true),
                receiving: bytes(false)
            )
        case .use(let link, let kind, let local): links[link]?.current[kind] = local
        case .remove(let local):
            guard let session = sessions.removeValue(forKey: local) else { return }
            if links[session.link]?.current[session.kind] == local {
                links[session.link]?.current[session.kind] = nil
            }
            if links[session.link]?.former?.session == local { closeFormer(session.link) }
        case .endpoint(let link, let address):
            links[link]?.endpoint = address
            links[link]?.proven = address
        case .unproven(let link, let address): links[link]?.endpoint = address
        case .carrier(let link, let kind): links[link]?.active = kind
        case .payloadMax(let link, let count): links[link]?.payloadMax = count
        case .watch(let link): links[link]?.isWatched = true
        case .peer(let link, let key): links[link]?.key = key
        case .sealStream(let link, _): links[link]?.isSealed = true
        case .adoptStream(let from, let link): adopt(from, into: link)
        case .send(let link, let kind, let frame, let content, let padTo, let address):
            send(link, kind, frame, content: content, padTo: padTo, to: address, now: now)
        case .closeCarrier(let link, .stream): closeStream(link)
        case .closeCarrier: break
        case .close(let link):
            closeFormer(link)
            closeStream(link)
            links[link] = nil
        }
    }

    private mutating func adopt(_ from: LinkID, into link: LinkID) {
        guard let joining = links.removeValue(forKey: from) else { return }
        closeFormer(link)
        if let stream = links[link]?.stream, let session = links[link]?.current[.stream] {
            links[link]?.former = (stream, session)
        } else {
            closeStream(link)
        }
        links[link]?.stream = joining.stream
        links[link]?.isSealed = joining.isSealed
        links[link]?.current[.stream] = joining.current[.stream]
        links[link]?.activity[.stream] = joining.activity[.stream]
        // Order: each session is moved by itself.
        for (index, session) in sessions where session.link == from {
            var moved = Session(
                link: link,
                kind: session.kind,
                remote: session.remote,
                sending: session.sending,
                receiving: session.receiving
            )
            moved.nextCounter = session.nextCounter
            moved.highest = session.highest
            moved.seen = session.seen
            sessions[index] = moved
        }
    }

    private mutating func closeFormer(_ link: LinkID) {
        guard let former = links[link]?.former else { return }
        links[link]?.former = nil
        departures.append(.streamClosed(former.stream))
    }

    private mutating func closeStream(_ link: LinkID) {
        guard let stream = links[link]?.stream else { return }
        links[link]?.stream = nil
        links[link]?.current[.stream] = nil
        departures.append(.streamClosed(stream))
    }

    // MARK: - Sending

    /// Seals and sends a frame; whether that was possible.
    @discardableResult
    package mutating func send(
        _ link: LinkID,
        _ kind: CarrierKind?,
        _ frame: TransportKind,
        content: [UInt8],
        padTo: Int? = nil,
        to address: SocketAddress? = nil,
        now: Instant
    ) -> Bool {
        guard let kind = kind ?? links[link]?.active, let local = links[link]?.current[kind],
            let session = sessions[local]
        else { return false }
        sessions[local]?.nextCounter += 1
        if frame == .liveness, content.isEmpty { keepAlives += 1 }
        if frame == .direct || frame == .routed { noteTraffic(link) }
        let byteCount = max(padTo ?? 0, 16 + content.count + 16)
        let sealed = SealedFrame(
            receiver: session.remote,
            counter: session.nextCounter,
            key: session.sending,
            kind: frame,
            content: content + [UInt8](repeating: 0, count: byteCount - 32 - content.count),
            byteCount: byteCount
        )
        count(link, kind, now: now) {
            $0.sentAt = now
            $0.sentBytes += UInt64(byteCount)
        }
        switch kind {
        case .stream:
            guard let stream = links[link]?.stream else { return false }
            departures.append(.sealedStream(stream, sealed))
        case .datagram:
            guard let endpoint = address ?? links[link]?.endpoint else { return false }
            departures.append(.sealedDatagram(sealed, to: endpoint))
        }
        return true
    }

    // MARK: - Receiving

    /// Opens a frame; what it means for the engine, and whether it is data of the node's own.
    package mutating func receive(
        _ frame: SealedFrame,
        from: SocketAddress?,
        now: Instant
    ) -> (events: [CarrierEvent], isData: Bool) {
        guard var session = sessions[frame.receiver], session.receiving == frame.key else {
            unknown += 1
            return (from.map { [.unknownIndex(from: $0)] } ?? [], false)
        }
        guard session.seen.insert(frame.counter).inserted else {
            replayed += 1
            return ([], false)
        }
        var events: [CarrierEvent] = []
        if session.highest == nil { events.append(.confirmed(frame.receiver)) }
        let isHighest = session.highest.map { frame.counter > $0 } ?? true
        session.highest = max(session.highest ?? 0, frame.counter)
        sessions[frame.receiver] = session
        count(session.link, session.kind, now: now) {
            $0.heardAt = now
            $0.receivedBytes += UInt64(frame.byteCount)
        }
        if isHighest, let from, let endpoint = links[session.link]?.endpoint, endpoint != from {
            events.append(.roamed(session.link, to: from))
        }
        guard frame.kind == .control || frame.kind == .liveness else {
            noteTraffic(session.link)
            events += self.events
            self.events = []
            return (events, true)
        }
        events.append(
            .frame(
                session.link,
                session.kind,
                frame.kind,
                content: frame.content,
                frameByteCount: frame.byteCount,
                from: from
            )
        )
        return (events, false)
    }

    private mutating func noteTraffic(_ link: LinkID) {
        guard links[link]?.isWatched == true else { return }
        links[link]?.isWatched = false
        events.append(.traffic(link))
    }

    private mutating func count(
        _ link: LinkID,
        _ kind: CarrierKind,
        now: Instant,
        _ change: (inout LinkActivity) -> Void
    ) {
        let fresh = LinkActivity(
            link: link,
            carrier: kind,
            heardAt: .zero,
            sentAt: .zero,
            sentBytes: 0,
            receivedBytes: 0
        )
        var activity = links[link]?.activity[kind] ?? fresh
        activity.link = link
        change(&activity)
        links[link]?.activity[kind] = activity
    }

    /// What comes before each timer of the link engine.
    package var activities: [LinkActivity] {
        links.keys.sorted().flatMap { link in
            [CarrierKind.stream, .datagram].compactMap { links[link]?.activity[$0] }
        }
    }
}
