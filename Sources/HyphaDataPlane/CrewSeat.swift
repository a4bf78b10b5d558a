// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaLinux
import Synchronization

/// A worker's place among the workers of a data plane: who has what, and the ways to the others.
///
/// A link, its carriers and its sessions belong to one worker, found from the link's id. What is
/// kept about a distant /64, the sessions with it and the packets that wait for them, belongs to
/// one worker found from the /64.
package struct CrewSeat: ~Copyable {
    /// From 0.
    let number: Int
    /// Workers in all.
    let count: Int
    let ways: DatagramWays
    /// How far the packet of this host that is in hand has come.
    var stage = HandedStage.read
    /// Which worker has a session that this one has not, by the session's index at this node.
    var sessions = PlaceIndex()
    /// The link that ends at a /64, wherever it is.
    var neighbours: [UInt64: LinkID] = [:]
    /// Places of the sockets that another worker receives from.
    var sendingSockets: Set<Int> = []
    /// Commands that others have to do something for first.
    var backlog: [DataPlaneCommand] = []
    private let mailboxes: [Mailbox]
    private var outlets: Slab<Outlet>
    private var inlets: Slab<RingReader>

    /// The way to one other worker.
    struct Outlet: ~Copyable {
        var writer: RingWriter
        let mailbox: Mailbox
        /// Something was written in this turn.
        var isUsed = false
    }

    /// The seat of a worker that is alone.
    package init() {
        self.init(0, mailboxes: [], outlets: [], inlets: [], ways: DatagramWays())
    }

    /// - Parameters:
    ///   - number: Which worker, from 0.
    ///   - mailboxes: Of all workers; none when there is one.
    ///   - outlets: The ring to each of the others, in their order.
    ///   - inlets: The ring from each of the others.
    ///   - ways: Shared by all.
    init(
        _ number: Int,
        mailboxes: [Mailbox],
        outlets: [WorkerRing],
        inlets: [WorkerRing],
        ways: DatagramWays
    ) {
        self.number = number
        count = max(1, mailboxes.count)
        self.mailboxes = mailboxes
        self.ways = ways
        self.outlets = Slab(capacity: max(1, outlets.count))
        self.inlets = Slab(capacity: max(1, inlets.count))
        for (place, ring) in outlets.enumerated() {
            let worker = place < number ? place : place + 1
            let outlet = Outlet(writer: RingWriter(ring), mailbox: mailboxes[worker])
            _ = self.outlets.insert(outlet)
        }
        for ring in inlets { _ = self.inlets.insert(RingReader(ring)) }
    }

    // MARK: - Who has what

    /// Whether there are other workers.
    var isShared: Bool { count > 1 }

    /// The worker of a link.
    func owner(of link: LinkID) -> Int { Self.owner(of: link, of: count) }

    /// Whether a link is another worker's.
    func isElsewhere(_ link: LinkID) -> Bool { isShared && owner(of: link) != number }

    /// The worker of the sessions with a /64.
    func owner(ofSubnet subnet: UInt64) -> Int { Self.owner(ofSubnet: subnet, of: count) }

    /// The worker of a link among `count`.
    static func owner(of link: LinkID, of count: Int) -> Int { Int(link.value) % count }

    /// The worker of the sessions with a /64 among `count`.
    static func owner(ofSubnet subnet: UInt64, of count: Int) -> Int {
        // The first bits of all overlay addresses are alike.
        Int(truncatingIfNeeded: (subnet &* 0x9e37_79b9_7f4a_7c15) &>> 40) % count
    }

    // MARK: - To others

    /// Makes room for a message; `false` when the other worker is too far behind.
    mutating func begin(_ byteCount: Int, to worker: Int) -> Bool {
        outlets[place(of: worker)].writer.begin(byteCount)
    }

    /// The message that was begun, to be filled.
    @_lifetime(immortal)
    func payload(to worker: Int) -> MutableSpan<UInt8> {
        outlets[place(of: worker)].writer.payload()
    }

    /// Hands the message that was begun over, and wakes who sleeps.
    mutating func commit(_ kind: HandedMessage, _ argument: UInt64, to worker: Int) {
        let place = place(of: worker)
        outlets[place].writer.commit(kind.rawValue, argument)
        outlets[place].isUsed = true
        // Whoever falls asleep at this very moment is seen at the end of the turn.
        if outlets[place].mailbox.isAsleep.load(ordering: .relaxed) {
            outlets[place].mailbox.wake()
        }
    }

    private func place(of worker: Int) -> Int { worker < number ? worker : worker - 1 }

    /// Wakes whoever was handed something in this turn and sleeps.
    mutating func wakeOthers() {
        guard isShared else { return }
        var isFenced = false
        for place in 0..<outlets.end where outlets[place].isUsed {
            outlets[place].isUsed = false
            if !isFenced { atomicMemoryFence(ordering: .sequentiallyConsistent) }
            isFenced = true
            if outlets[place].mailbox.isAsleep.load(ordering: .sequentiallyConsistent) {
                outlets[place].mailbox.wake()
            }
        }
    }

    // MARK: - From others

    /// Workers that may hand something over.
    var inletCount: Int { inlets.end }

    /// Notes what was handed over until now; the turn takes that and nothing later.
    mutating func look() {
        for place in 0..<inlets.end { inlets[place].look() }
    }

    /// The next message of one worker.
    mutating func next(from place: Int) -> RingReader.Message? { inlets[place].next() }

    /// What is in a message, until the next one is asked for.
    @_lifetime(immortal)
    func payload(of message: RingReader.Message, from place: Int) -> Span<UInt8> {
        inlets[place].payload(of: message)
    }

    /// Says that this worker is about to sleep; `false` when something was handed over.
    func mayRest() -> Bool {
        guard isShared else { return true }
        mailboxes[number].isAsleep.store(true, ordering: .sequentiallyConsistent)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        for place in 0..<inlets.end where inlets[place].hasMessages { return false }
        return true
    }

    /// Says that this worker is awake.
    func rise() {
        guard isShared else { return }
        mailboxes[number].isAsleep.store(false, ordering: .relaxed)
    }

    // MARK: - Routes

    /// Says which changes of routes this worker has made, and wakes who waits for it.
    func noteRoutes(_ version: UInt64) {
        guard isShared else { return }
        mailboxes[number].appliedRoutes.store(version, ordering: .sequentiallyConsistent)
        for mailbox in mailboxes
        where mailbox.awaitsRoutes.load(ordering: .sequentiallyConsistent) {
            mailbox.workerWakeup.signal()
        }
    }

    /// Whether all workers have made these changes of routes; whoever has not wakes this one.
    func allHaveRoutes(_ version: UInt64) -> Bool {
        let own = mailboxes[number]
        own.awaitsRoutes.store(true, ordering: .sequentiallyConsistent)
        for mailbox in mailboxes
        where mailbox.appliedRoutes.load(ordering: .sequentiallyConsistent) < version {
            return false
        }
        own.awaitsRoutes.store(false, ordering: .relaxed)
        return true
    }
}
