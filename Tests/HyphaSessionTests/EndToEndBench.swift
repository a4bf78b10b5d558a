// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaFakes
import HyphaSession

/// One node's engine, with what its packet path and its disk were told.
struct EndToEndNode: ~Copyable {
    var engine: EndToEndEngine<FakeCryptography, SplitMix64>
    let key: PublicKey
    let address: IPv6Address
    var policies: [Prefix: SessionPolicy] = [:]
    var installed: [SessionIndex: EstablishedSession] = [:]
    var removed: [SessionIndex] = []
    var empties: [SessionIndex] = []
    var controls: [(session: SessionIndex, content: [UInt8])] = []
    var mail: [EndToEndMail] = []
    var events: [EndToEndEvent] = []
    /// What was said of the use of sessions: with whom, packets either way, endpoints.
    var carried: [(key: PublicKey, packets: [UInt64], candidates: [SocketAddress])] = []
    var file = MetFile.header

    var subnet: Prefix { Prefix(subnetOf: address) }

    init(_ number: UInt64, requiresSessions: Bool = false, now: Instant = .zero) {
        key = EndToEndBench.key(number)
        address = IPv6Address(derivedFrom: key)
        let handshake = HandshakeConfiguration(
            capabilities: .sessions,
            carrierMTU: 0,
            innerMTU: 1340,
            udpPort: 0,
            tcpPort: 0
        )
        engine = EndToEndEngine(
            configuration: EndToEndConfiguration(
                handshake: handshake,
                requiresSessions: requiresSessions
            ),
            crypto: FakeCryptography(key: key, seed: number &* 77),
            random: SplitMix64(seed: number),
            wallClock: TAI64N(unixSeconds: 1_700_000_000, nanoseconds: 0),
            persisted: nil,
            now: now
        )
    }

    mutating func handle(_ input: EndToEndInput, now: Instant) {
        engine.handle(input, now: now)
        drain()
    }

    mutating func drain() {
        while let output = engine.nextOutput() {
            switch output {
            case .policy(let prefix, let policy): policies[prefix] = policy
            case .install(let session, _): installed[session.localIndex] = session
            case .remove(let index):
                installed[index] = nil
                removed.append(index)
            case .sendEmpty(let index): empties.append(index)
            case .sendControl(let index, let content): controls.append((index, content))
            case .sendMessage(let type, let content, let address):
                mail.append(EndToEndMail(type: type, content: content, to: address))
            case .carried(let key, let sent, let received, let candidates):
                carried.append((key, [sent, received], candidates))
            case .persist(let change): file += MetFile.record(change)
            case .timestamp: break
            case .event(let event): events.append(event)
            }
        }
    }

    /// Runs what is due up to `now`.
    mutating func advance(to now: Instant) {
        for _ in 0..<10_000 {
            guard let due = engine.nextDeadline(), due.instant <= now else { return }
            handle(.timer, now: due.instant)
        }
    }

    var hasMail: Bool { !mail.isEmpty || !empties.isEmpty || !controls.isEmpty }

    func policy(_ subnet: Prefix) -> SessionPolicy? { policies[subnet] }
}

/// A handshake body under way.
struct EndToEndMail {
    var type: UInt8
    var content: [UInt8]
    var to: IPv6Address
}

/// Two nodes and a way between them that can be cut.
struct EndToEndBench: ~Copyable {
    var a: EndToEndNode
    var b: EndToEndNode
    var now = Instant(nanoseconds: 1_000_000_000)
    var isCut = false
    /// What the way lets through, bytes.
    var greatest = Int.max

    static func key(_ number: UInt64) -> PublicKey {
        PublicKey(words: (number, number &* 3, 7, number &* 11))
    }

    init(requiresSessions: Bool = false) {
        a = EndToEndNode(1, requiresSessions: requiresSessions)
        b = EndToEndNode(2)
    }

    static func routerID(_ key: PublicKey, boot: UInt32 = 1, isMarked: Bool = true) -> RouterID {
        isMarked
            ? RouterID(publicKey: key, capabilities: 1, bootRandom: boot)
            : RouterID(publicKey: key, zone: 0, tail: UInt64(boot))
    }

    /// Moves handshake bodies and the first bodies of sessions until there are none.
    mutating func settle() {
        while a.hasMail || b.hasMail {
            let (fromA, fromB) = (a.mail, b.mail)
            let (emptiesA, emptiesB) = (a.empties, b.empties)
            let (controlsA, controlsB) = (a.controls, b.controls)
            (a.mail, b.mail, a.empties, b.empties) = ([], [], [], [])
            (a.controls, b.controls) = ([], [])
            if isCut { continue }
            for (index, content) in controlsA where content.count <= greatest {
                guard let remote = a.installed[index]?.remoteIndex else { continue }
                b.handle(.control(remote, content), now: now)
            }
            for (index, content) in controlsB where content.count <= greatest {
                guard let remote = b.installed[index]?.remoteIndex else { continue }
                a.handle(.control(remote, content), now: now)
            }
            for mail in fromA {
                b.handle(.message(mail.type, mail.content, from: a.address, key: a.key), now: now)
            }
            for mail in fromB {
                a.handle(.message(mail.type, mail.content, from: b.address, key: b.key), now: now)
            }
            for index in emptiesA {
                guard let remote = a.installed[index]?.remoteIndex else { continue }
                b.handle(.confirmed(remote), now: now)
            }
            for index in emptiesB {
                guard let remote = b.installed[index]?.remoteIndex else { continue }
                a.handle(.confirmed(remote), now: now)
            }
        }
    }

    /// Lets time pass in steps, with what is due and what is under way.
    mutating func pass(_ duration: Duration, step: Duration = .milliseconds(250)) {
        let end = now + duration
        while now < end {
            now = min(end, now + step)
            a.advance(to: now)
            b.advance(to: now)
            settle()
        }
    }

    mutating func aWantsB(isMarked: Bool = true) {
        a.handle(.wanted(b.address, key: b.key, isMarked: isMarked), now: now)
    }

    /// A session between the two, begun by `a`, and the end of grace.
    mutating func meet() {
        aWantsB()
        settle()
        pass(.seconds(6))
    }

    var aTowardsB: SessionPolicy? { a.policy(b.subnet) }
    var bTowardsA: SessionPolicy? { b.policy(a.subnet) }
}
