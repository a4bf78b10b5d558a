// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
package import HyphaCrypto
import HyphaForwarding
import HyphaLink
package import HyphaLinux
import HyphaSession
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
    /// The other workers, if there are any.
    var seat: CrewSeat
    var tun: TUNPort?
    /// The last packets of TUN were large ones.
    var tunReadsLarge = false

    var poller: Poller
    var polled = PollEvents()
    var now: Instant
    var links = Slab<Link>(capacity: Limits.neighboursMax)
    var index = PlaceIndex()
    var streams = Slab<StreamCarrier>(capacity: 2 * Limits.neighboursMax)
    /// Streams ever taken over.
    var streamCount: UInt32 = 0
    /// Streams with frames appended since their last write.
    var dirty: [Int] = []
    /// Links and streams given up in this turn.
    var failed: [Int] = []
    var failedStreams: [Int] = []
    /// Bytes waiting on all streams.
    var allWaiting = 0
    var sockets = Slab<DatagramSocket>(capacity: Limits.datagramSocketsMax)
    /// Own frames, in the send region.
    var outbox = DatagramOutbox()
    /// Frames passed on, where they lie in the receive region.
    var passing = DatagramOutbox()
    var received = DatagramReceiveBatch()
    var sessions = Slab<TransportSession>(capacity: Limits.transportSessionsMax)
    var sessionIndex = PlaceIndex()

    var table: ForwardingTable
    var keys: PeerKeyCache
    var owners = OwnerCache()
    var nonces = NonceSource()
    /// Packets that wait for a route to their destination, and from their source.
    var outbound = HoldQueue()
    var inbound = HoldQueue()
    /// Sessions between two nodes.
    var desk = SessionDesk()
    /// When parts of frames are looked through next; `nil` while none waits.
    var partsDeadline: Deadline?
    var coalescer: Coalescer
    /// Parts of one coalesced packet on their way to TUN.
    var slices: [ByteSlice]

    /// What TUN gave: room for our headers, virtio-net header, packet.
    let tunRegion: ByteView
    /// What a link gave.
    let receiveRegion: ByteView
    /// Datagrams on their way out.
    let sendRegion: ByteView
    /// Frames being cut in two or joined.
    let partRegion: ByteView
    /// One packet made here: an ICMPv6 error behind its virtio-net header.
    let scratch: ByteView
    private let memory: Memory

    /// Owns what the three views show.
    private struct Memory: ~Copyable {
        let tun = ByteRegion(byteCount: TUNLayout.regionByteCount)
        let receive = ByteRegion(byteCount: Limits.receiveRegionBytes)
        // Behind the batch there is room for one datagram by itself.
        let send = ByteRegion(
            byteCount: Limits.sendRegionBytes + Limits.datagramSlotBytes
        )
        let part = ByteRegion(byteCount: 256 << 10)
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
    var handshakes = TokenBucket(
        perSecond: Limits.handshakeDatagramsPerSecond,
        burst: Limits.handshakeDatagramsBurst
    )
    var unknownIndexes = TokenBucket(
        perSecond: Limits.unknownIndexesPerSecond,
        burst: Limits.unknownIndexesPerSecond
    )
    var counters = DataPlaneCounters()
    var events: [DataPlaneEvent] = []
    var isStopping = false

    /// - Parameters:
    ///   - identity: This node's key.
    ///   - tun: The device, or `nil`.
    ///   - growsUDP: TUN takes coalesced UDP.
    ///   - usesRing: TUN is a device, which io_uring reads and writes in batches; what stands for
    ///     one in tests is not.
    ///   - mailbox: Where commands come from and events go.
    ///   - board: Where counters are shown.
    ///   - seat: Its place among others.
    /// - Throws: ``SystemError`` when the kernel gives no poller.
    package init(
        identity: NodeIdentity,
        tun: consuming Descriptor?,
        growsUDP: Bool,
        usesRing: Bool = true,
        mailbox: Mailbox,
        board: CounterBoard,
        seat: consuming CrewSeat = CrewSeat()
    ) throws(SystemError) {
        self.identity = identity
        self.mailbox = mailbox
        self.board = board
        self.seat = seat
        let poller = try Poller()
        try poller.add(
            mailbox.workerWakeup.descriptor,
            token: Self.wakeupToken,
            interest: .readable
        )
        var port: TUNPort?
        if let tun {
            try poller.add(tun, token: Self.tunToken, interest: .readable)
            port = TUNPort(tun, usesRing: usesRing)
        }
        self.poller = poller
        check = AddressCheck(ownAddress: identity.address)
        now = MonotonicClock.now()
        table = ForwardingTable(seed: UInt64.random(in: 0 ... .max))
        keys = PeerKeyCache()
        coalescer = Coalescer(options: .init(growsUDP: growsUDP, marksSinglesValid: true))
        let slice = ByteSlice(0..<0)
        slices = [ByteSlice](repeating: slice, count: Limits.coalescedSlicesMax)
        self.tun = port
        let memory = Memory()
        // Safe: the regions live as long as the worker, and nothing else uses them.
        unsafe tunRegion = memory.tun.view()
        unsafe receiveRegion = memory.receive.view()
        unsafe sendRegion = memory.send.view()
        unsafe partRegion = memory.part.view()
        unsafe scratch = memory.scratch.view()
        self.memory = memory
        pinTUN()
        dirty.reserveCapacity(Limits.neighboursMax)
        failed.reserveCapacity(Limits.neighboursMax)
    }
}

/// Where packets lie in the region that TUN is read into.
///
/// They lie in slots, each with a virtio-net header in front of the packet. A packet that was held
/// comes back in the first slot.
enum TUNLayout {
    /// Where the first slot begins, so that IP packets are aligned.
    static let virtioOffset = 6
    static let packetOffset = virtioOffset + VirtioNetHeader.byteCount
    static let extent =
        virtioOffset..<virtioOffset + Limits.tunPacketsPerReadMax * Limits.tunSlotBytes
    static let regionByteCount = extent.upperBound
    /// Above this mean size packets are read one by one.
    static let largeByteCount = 4 << 10
}

extension Worker {
    /// Poller tokens: two fixed ones, the datagram sockets, and above them the streams, each with
    /// its serial number above its place.
    static var wakeupToken: UInt64 { 0 }
    static var tunToken: UInt64 { 1 }
    private static var socketTokens: Range<UInt64> { 2..<2 + UInt64(Limits.datagramSocketsMax) }

    static func token(serial: UInt32, place: Int) -> UInt64 {
        UInt64(serial) << 32 | socketTokens.upperBound + UInt64(place)
    }
    static func streamPlace(_ token: UInt64) -> Int {
        Int(token & 0xffff_ffff) - Int(socketTokens.upperBound)
    }
    static func token(socket place: Int) -> UInt64 { socketTokens.lowerBound + UInt64(place) }

    /// Lets the kernel keep the pages of the region that TUN is read into at hand.
    private mutating func pinTUN() {
        var space = tunRegion.mutableSpan(TUNLayout.extent)
        _ = tun?.pin(&space)
    }

    /// Runs until told to stop.
    package mutating func run() {
        while !isStopping { turn() }
        for stream in 0..<streams.end where streams.contains(stream) { flush(stream) }
        flushDatagrams()
    }

    /// One turn.
    ///
    /// - Parameter mayWait: Whether to wait when there is nothing to do.
    package mutating func turn(mayWait: Bool = true) {
        let held = Deadline.earlier(outbound.nextDeadline(), inbound.nextDeadline())
        let kept = Deadline.earlier(partsDeadline, desk.nextDeadline())
        let deadline = Deadline.earlier(held, kept)
        let rests = mayWait && seat.mayRest()
        poller.wait(into: &polled, until: rests ? deadline?.instant : now, now: now)
        now = MonotonicClock.now()
        seat.rise()
        // Before the commands are taken, or a signal for later ones would be lost.
        for i in 0..<polled.count where polled[i].token == Self.wakeupToken {
            _ = mailbox.workerWakeup.drain()
        }
        // What was handed over by now may follow from commands that are there by now.
        seat.look()
        takeCommands()
        takeHandedOver()
        for i in 0..<polled.count {
            let event = polled[i]
            switch event.token {
            case Self.wakeupToken: break
            case Self.tunToken: readTUN()
            case Self.socketTokens:
                handleSocket(Int(event.token - Self.socketTokens.lowerBound), event)
            default: handleStream(event)
            }
        }
        expireHeld()
        tendSessions()
        expireParts()
        seat.wakeOthers()
        flushDirty()
        flushDatagrams()
        publishTouched()
        removeFailed()
        mailbox.report(&events)
        board.show(counters)
    }

    private mutating func takeCommands() {
        guard mailbox.hasCommands || !seat.backlog.isEmpty else { return }
        let inbox = mailbox.takeCommands()
        // Before control packets are sent that tell neighbours of these routes.
        for (prefix, state) in inbox.routes { table.set(prefix, state) }
        if !inbox.routes.isEmpty { seat.noteRoutes(inbox.routesVersion) }
        carryOut(inbox.commands)
        for (prefix, state) in inbox.routes { release(prefix, state) }
    }

    /// Carries out commands in their order; what has to wait for other workers is kept.
    private mutating func carryOut(_ new: [DataPlaneCommand]) {
        let commands = seat.backlog.isEmpty ? new : seat.backlog + new
        seat.backlog = []
        for (place, command) in commands.enumerated() {
            guard mayCarryOut(command) else {
                seat.backlog = Array(commands[place...])
                return
            }
            carryOut(command)
        }
    }

    private mutating func carryOut(_ command: DataPlaneCommand) {
        switch command {
        case .addSocket(let socket): addSocket(socket)
        case .addSendingSocket(let socket): addSocket(socket, receives: false)
        case .addLink(let id, let descriptor, let counters):
            add(id, Descriptor(adopting: descriptor), counters)
        case .addDatagramLink(let id, let counters):
            if insertLink(id, counters) == nil { events.append(.linkClosed(id, .noPlace)) }
        case .closeLink(let id): close(id)
        case .transmit(let id, let bytes): transmit(bytes, on: id)
        case .carrier(let command): handle(command)
        case .session(let command): handle(command)
        case .resume(let id): resume(id)
        case .searchFailed(let prefix): dropHeld(prefix)
        case .knowSession(let local, let worker): knowSession(local, of: worker)
        case .knowNeighbour(let id, let subnet): knowNeighbour(id, at: subnet)
        case .afterRoutes: break
        case .leaveStream(let id, let passage): leaveStream(of: id, passage)
        case .takeStream(let id, let passage): takeStream(passage, into: id)
        case .stop: isStopping = true
        }
    }
}
