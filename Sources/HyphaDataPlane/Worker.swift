// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
package import HyphaCrypto
import HyphaForwarding
package import HyphaLinux
import HyphaWire

/// The packet path: one thread that owns TUN and every link.
///
/// A turn, all of it sequential:
///
///  1. wait for descriptors; read the clock once;
///  2. take commands: route changes, links, control packets to send, failed searches;
///  3. TUN: read packets, look up, seal into the queue of the next hop (`Worker+TUN`);
///  4. links: read bytes, cut frames; control goes up, data is passed on or opened and coalesced
///     for TUN (`Worker+Receive`);
///  5. write every queue that got something, hand events up, publish counters.
///
/// Nothing in 3 and 4 allocates, counts references or takes a lock once buffers have grown.
package struct Worker: ~Copyable {
    let identity: NodeIdentity
    let check: AddressCheck
    let mailbox: Mailbox
    let board: CounterBoard
    let tun: Descriptor?

    var poller: Poller
    var polled = PollEvents()
    var now: Instant
    var links = Slab<Link>(capacity: Limits.neighboursMax)
    var index = LinkIndex(capacity: Limits.neighboursMax)
    /// Links with frames appended since their last write, and links given up in this turn.
    var dirty: [Int] = []
    var failed: [Int] = []
    /// Bytes waiting on all links.
    var allWaiting = 0

    var table: ForwardingTable
    var keys: PeerKeyCache
    var owners = OwnerCache()
    var nonces = NonceSource()
    /// Packets that wait for a route to their destination, and from their source.
    var outbound = HoldQueue()
    var inbound = HoldQueue()
    var coalescer: Coalescer
    /// Parts of one coalesced packet on their way to TUN.
    var slices: [ByteSlice]

    /// What TUN gave: room for our headers, virtio-net header, packet.
    let tunRegion: ByteView
    /// What a link gave.
    let receiveRegion: ByteView
    /// One packet made here: an ICMPv6 error behind its virtio-net header.
    let scratch: ByteView
    private let memory: Memory

    /// Owns what the three views show.
    private struct Memory: ~Copyable {
        let tun = ByteRegion(byteCount: TUNLayout.regionByteCount)
        let receive = ByteRegion(byteCount: Limits.receiveRegionBytes)
        let scratch = ByteRegion(byteCount: 4 << 10)
    }

    var hostDerivations = TokenBucket(
        perSecond: Limits.derivationsPerHostPerSecond,
        burst: Limits.derivationsPerHostBurst
    )
    var hostErrors = TokenBucket(
        perSecond: Limits.hostErrorsPerSecond,
        burst: Limits.hostErrorsBurst
    )
    var counters = DataPlaneCounters()
    var events: [DataPlaneEvent] = []
    var isStopping = false

    /// - Parameters:
    ///   - identity: This node's key.
    ///   - tun: The device, or `nil`.
    ///   - growsUDP: TUN takes coalesced UDP.
    ///   - mailbox: Where commands come from and events go.
    ///   - board: Where counters are shown.
    /// - Throws: ``SystemError`` when the kernel gives no poller.
    package init(
        identity: NodeIdentity,
        tun: consuming Descriptor?,
        growsUDP: Bool,
        mailbox: Mailbox,
        board: CounterBoard
    ) throws(SystemError) {
        self.identity = identity
        self.mailbox = mailbox
        self.board = board
        let poller = try Poller()
        try poller.add(
            mailbox.workerWakeup.descriptor,
            token: Self.wakeupToken,
            interest: .readable
        )
        switch tun {
        case .some(let device):
            try poller.add(device, token: Self.tunToken, interest: .readable)
        case .none: break
        }
        self.poller = poller
        check = AddressCheck(ownAddress: identity.address)
        now = MonotonicClock.now()
        table = ForwardingTable(seed: UInt64.random(in: 0 ... .max))
        keys = PeerKeyCache()
        coalescer = Coalescer(options: .init(growsUDP: growsUDP, marksSinglesValid: true))
        let slice = ByteSlice(0..<0)
        slices = [ByteSlice](repeating: slice, count: Limits.coalescedSlicesMax)
        self.tun = tun
        let memory = Memory()
        // Safe: the regions live as long as the worker, and nothing else uses them.
        unsafe tunRegion = memory.tun.view()
        unsafe receiveRegion = memory.receive.view()
        unsafe scratch = memory.scratch.view()
        self.memory = memory
        dirty.reserveCapacity(Limits.neighboursMax)
        failed.reserveCapacity(Limits.neighboursMax)
    }
}

/// Where a packet lies in the region that TUN is read into: its plaintext form, user header and
/// content, must be one run of bytes, so the user header takes the end of the virtio-net header.
enum TUNLayout {
    static let virtioOffset = 6
    static let userHeaderOffset = 12
    static let packetOffset = virtioOffset + 10
    static let packetByteCountMax = 65_575
    static let regionByteCount = 68 << 10
}

extension Worker {
    /// Poller tokens below 2 are not links; a link's token is its id above its place.
    static var wakeupToken: UInt64 { 0 }
    static var tunToken: UInt64 { 1 }
    static func token(_ id: LinkID, place: Int) -> UInt64 {
        UInt64(id.value) << 32 | UInt64(place + 2)
    }

    /// Runs until told to stop.
    package mutating func run() {
        while !isStopping { turn() }
        for place in 0..<links.capacity where links.contains(place) { flush(place) }
    }

    /// One turn.
    ///
    /// - Parameter mayWait: Whether to wait when there is nothing to do.
    package mutating func turn(mayWait: Bool = true) {
        let deadline = Deadline.earlier(outbound.nextDeadline(), inbound.nextDeadline())
        poller.wait(into: &polled, until: mayWait ? deadline?.instant : now, now: now)
        now = MonotonicClock.now()
        // Before the commands are taken, or a signal for later ones would be lost.
        for i in 0..<polled.count where polled[i].token == Self.wakeupToken {
            _ = mailbox.workerWakeup.drain()
        }
        takeCommands()
        for i in 0..<polled.count {
            let event = polled[i]
            switch event.token {
            case Self.wakeupToken: break
            case Self.tunToken: readTUN()
            default: handleLink(event)
            }
        }
        expireHeld()
        flushDirty()
        mailbox.report(&events)
        board.show(counters)
    }

    private mutating func takeCommands() {
        guard mailbox.hasCommands else { return }
        let inbox = mailbox.takeCommands()
        // Before control packets are sent that tell neighbours of these routes.
        for (prefix, state) in inbox.routes { table.set(prefix, state) }
        for command in inbox.commands {
            switch command {
            case .addLink(let id, let descriptor, let counters):
                add(id, Descriptor(adopting: descriptor), counters)
            case .closeLink(let id):
                close(id)
            case .transmit(let id, let bytes):
                transmit(bytes, on: id)
            case .resume(let id):
                resume(id)
            case .searchFailed(let prefix):
                dropHeld(prefix)
            case .stop:
                isStopping = true
            }
        }
        for (prefix, state) in inbox.routes { release(prefix, state) }
    }
}
