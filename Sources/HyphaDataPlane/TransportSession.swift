// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaSession

/// The keys of one handshake as the packet path uses them: of a link's carrier, or end to end.
struct TransportSession: ~Copyable {
    let localIndex: UInt32
    let remoteIndex: UInt32
    var use: Use
    private var sending: PacketCipher
    private var receiving: PacketCipher
    var window = ReplayWindow()
    /// Of sessions between two nodes only.
    var traffic = SessionTraffic()
    /// Of such a session: the greatest inner packet sent under it, where routing does not say less.
    var sizeLimit = Int(UInt16.max)
    /// The counter of the next frame sent.
    private(set) var nextCounter: UInt64 = 0
    private(set) var sentBytes: UInt64 = 0
    private(set) var receivedBytes: UInt64 = 0
    /// Greatest counter received so far.
    private(set) var highestCounter: UInt64 = 0
    private(set) var failedTags: UInt64 = 0
    /// A frame was opened under it.
    private(set) var isConfirmed = false
    /// The control plane was told that it is time for new keys.
    var isReportedWorn = false
    var isReportedFailing = false

    /// What a session is for.
    enum Use: Hashable {
        /// Frames of a link on one of its carriers.
        case link(LinkID, CarrierKind)
        /// Bodies between this node and another, by whatever way; the first 8 bytes of its
        /// addresses.
        case endToEnd(subnet: UInt64)
    }

    /// Frames and bytes after which keys are to be replaced, and after which they must not be used
    /// (`Docs/protocol/hypha.md` section 3.1).
    static let worn = (frames: UInt64(1) << 32, bytes: UInt64(1) << 40)
    static let bytesMax = UInt64(1) << 42
    static let failedTagsMax = UInt64(1) << 36

    /// `nil` when memory ran out.
    init?(localIndex: UInt32, remoteIndex: UInt32, use: Use, keys: SessionKeys) {
        guard let sending = PacketCipher(key: keys.sending),
            let receiving = PacketCipher(key: keys.receiving)
        else { return nil }
        self.localIndex = localIndex
        self.remoteIndex = remoteIndex
        self.use = use
        self.sending = sending
        self.receiving = receiving
    }

    /// Whether new keys are due.
    var isWorn: Bool {
        nextCounter >= Self.worn.frames || sentBytes >= Self.worn.bytes
            || receivedBytes >= Self.worn.bytes
    }

    /// Whether the keys must not be used any more.
    var isSpent: Bool { sentBytes >= Self.bytesMax || receivedBytes >= Self.bytesMax }

    /// Takes `count` consecutive counters; the first of them.
    mutating func takeCounters(_ count: UInt64 = 1) -> UInt64 {
        let first = nextCounter
        nextCounter &+= count
        return first
    }

    // MARK: - Sealing

    /// Seals a part of a frame in place; see ``PacketCipher``.
    mutating func seal(
        within frame: inout MutableSpan<UInt8>,
        text: Range<Int>,
        additionalData: Range<Int>,
        counter: UInt64
    ) {
        sentBytes &+= UInt64(text.count)
        let isDone = sending.seal(
            within: &frame,
            text: text,
            additionalData: additionalData,
            nonce: Nonce(counter: counter)
        )
        invariant(isDone, "ranges within a frame of our own making")
    }

    /// Seals a plaintext from elsewhere into a part of a frame.
    mutating func seal(
        _ plaintext: Span<UInt8>,
        within frame: inout MutableSpan<UInt8>,
        text: Range<Int>,
        additionalData: Range<Int>,
        counter: UInt64
    ) {
        sentBytes &+= UInt64(text.count)
        let isDone = sending.seal(
            plaintext,
            within: &frame,
            text: text,
            additionalData: additionalData,
            nonce: Nonce(counter: counter)
        )
        invariant(isDone, "ranges within a frame of our own making")
    }

    // MARK: - Opening

    /// What became of a frame.
    enum Opened {
        case done
        /// Seen before, or too old to know.
        case replayed
        /// Not sealed with this session's key.
        case forged
    }

    /// Opens a part of a frame in place and notes its counter.
    mutating func open(
        within frame: inout MutableSpan<UInt8>,
        text: Range<Int>,
        additionalData: Range<Int>,
        counter: UInt64
    ) -> Opened {
        guard window.check(counter), !isSpent else { return .replayed }
        let isGenuine = receiving.open(
            within: &frame,
            text: text,
            additionalData: additionalData,
            nonce: Nonce(counter: counter)
        )
        guard isGenuine else {
            failedTags &+= 1
            return .forged
        }
        window.set(counter)
        if counter > highestCounter { highestCounter = counter }
        receivedBytes &+= UInt64(text.count)
        return .done
    }

    /// Notes the first frame; `true` when it was that.
    mutating func confirm() -> Bool {
        guard !isConfirmed else { return false }
        isConfirmed = true
        return true
    }

    /// Opens a body of ours that somebody quotes; neither counter nor window are touched.
    mutating func openQuoted(
        within frame: inout MutableSpan<UInt8>,
        text: Range<Int>,
        additionalData: Range<Int>,
        counter: UInt64
    ) -> Bool {
        sending.open(
            within: &frame,
            text: text,
            additionalData: additionalData,
            nonce: Nonce(counter: counter)
        )
    }
}
