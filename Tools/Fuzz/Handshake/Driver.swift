// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaSession
import HyphaWire

/// Drives one engine as a packet path and a link engine would, and checks what it says.
///
/// An input is a list of steps, one byte that names the step and then what it needs; bytes that
/// are not there count as zero. Tables are small, so that a short input fills them.
struct Driver: ~Copyable {
    private var engine: HandshakeEngine<AcceptingCryptography, SplitMix64>
    private var now = Instant(nanoseconds: 1)
    private var installed: [SessionIndex] = []
    private var attempts: [AttemptID] = []
    private var nextAttempt: UInt64 = 0
    /// Of the latest message 1 and key request that the engine sent.
    private var sentIndex: UInt32 = 0
    private var sentNonce: UInt64 = 0

    private static let capacity = HandshakeCapacity(
        sessions: 8,
        attempts: 8,
        unconfirmed: 8,
        timestamps: 8
    )

    init(isPrivate: Bool) {
        let key = PublicKey(words: (5, 0, 0, 0))
        engine = HandshakeEngine(
            configuration: Self.configuration(favouring: 1),
            crypto: AcceptingCryptography(publicKey: key, networkName: isPrivate ? [1] : []),
            random: SplitMix64(seed: 1),
            wallClock: TAI64N(unixSeconds: 1, nanoseconds: 0),
            persisted: nil,
            capacity: Self.capacity,
            now: now
        )
    }

    private static func configuration(favouring number: UInt8) -> HandshakeConfiguration {
        HandshakeConfiguration(
            capabilities: [],
            carrierMTU: 1232,
            innerMTU: 1280,
            udpPort: 1,
            tcpPort: 2,
            answersKeyRequests: number % 2 == 1,
            configuredPeers: [key(number)]
        )
    }

    /// Sixteen keys: the first is refused, 5 is our own, some are smaller and some larger.
    private static func key(_ number: UInt8) -> PublicKey {
        PublicKey(words: (UInt64(number % 16), 0, 0, 0))
    }

    // MARK: - Steps

    /// Carries out one step.
    mutating func step(_ input: inout Input) {
        switch input.byte() % 16 {
        case 0: give(.frame(input.rest(atMost: 1400), from: path(input.byte())))
        case 1: give(.frame(initiation(&input), from: path(input.byte())))
        case 2: give(.frame(response(&input), from: path(input.byte())))
        case 3: give(.frame(cookieReply(&input), from: path(input.byte())))
        case 4: give(.frame(keyFrame(&input), from: path(input.byte())))
        case 5: message(&input)
        case 6, 7: initiate(&input)
        case 8: advance(by: .milliseconds(Int64(input.byte()) * 40))
        case 9: advance(by: .seconds(Int64(input.byte())))
        case 10: if let index = session(input.byte()) { give(.confirmed(index)) }
        case 11: if let index = session(input.byte()) { give(.worn(index)) }
        case 12: forget(&input)
        case 13: if let index = session(input.byte()) { change(index, &input) }
        case 14: give(.close(peer: Self.key(input.byte()), carrier(input.byte())))
        default: settings(&input)
        }
    }

    private mutating func initiate(_ input: inout Input) {
        nextAttempt += 1
        attempts.append(AttemptID(nextAttempt))
        let key = input.byte()
        give(
            .initiate(
                AttemptID(nextAttempt),
                path(input.byte()),
                key: key >= 128 ? nil : Self.key(key)
            )
        )
    }

    private mutating func forget(_ input: inout Input) {
        let choice = input.byte()
        if choice >= 128 {
            guard !attempts.isEmpty else { return }
            give(.abandon(attempts.remove(at: Int(choice) % attempts.count)))
        } else if let index = session(choice) {
            give(choice % 2 == 0 ? .forget(index) : .failing(index))
        }
    }

    private mutating func change(_ index: SessionIndex, _ input: inout Input) {
        let choice = input.byte()
        if choice >= 128 {
            give(.traffic(index, isIdle: choice % 2 == 0))
        } else {
            give(.moved(index, to: path(choice)))
        }
    }

    private mutating func settings(_ input: inout Input) {
        let choice = input.byte()
        switch choice % 4 {
        case 0: give(.configure(Self.configuration(favouring: input.byte())))
        case 1:
            give(.wallClock(TAI64N(unixSeconds: UInt64(input.byte()) << 56, nanoseconds: 0)))
        case 2: give(.remember(Self.address(choice >> 2), Self.key(input.byte())))
        default:
            let index = SessionIndex(UInt32(input.byte()))
            give(choice >= 128 ? .taken(index) : .free(index))
        }
    }

    private mutating func advance(by duration: Duration) {
        now = now + duration
        give(.timer)
        if let deadline = engine.nextDeadline() {
            invariant(now < deadline.instant, "a timer input serves all that is due")
        }
    }

    // MARK: - Frames

    private func initiation(_ input: inout Input) -> [UInt8] {
        let choice = input.byte()
        let parts = choice % 2 + 1
        var message = message1(&input)
        if parts == 2 { message = Array(choice & 2 == 0 ? message[..<658] : message[658...]) }
        let part = InitiationPart(
            part: parts == 2 ? choice >> 1 & 1 : 0,
            parts: parts,
            senderIndex: UInt32(choice >> 4),
            message: message
        )
        return part.encoded()
    }

    /// First byte, key, and a timestamp of one byte.
    private func message1(_ input: inout Input) -> [UInt8] {
        var message = [UInt8](repeating: 0, count: 1316)
        message[0] = input.byte()
        message.replaceSubrange(32..<64, with: Self.key(input.byte()).bytes)
        message[70] = input.byte()
        return message
    }

    private func response(_ input: inout Input) -> [UInt8] {
        var message = [UInt8](repeating: 0, count: 1178)
        message[0] = input.byte()
        let response = HandshakeResponse(
            senderIndex: UInt32(message[0]),
            receiverIndex: sentIndex,
            message: message
        )
        return response.encoded()
    }

    private func cookieReply(_ input: inout Input) -> [UInt8] {
        let choice = input.byte()
        let reply = CookieReply(
            part: choice >> 7,
            receiverIndex: sentIndex,
            nonce: [UInt8](repeating: 0, count: 24),
            sealedCookie: [UInt8](repeating: choice, count: 32)
        )
        return reply.encoded()
    }

    private func keyFrame(_ input: inout Input) -> [UInt8] {
        let choice = input.byte()
        if choice >= 128 { return KeyRequest(nonce: UInt64(choice)).encoded() }
        let mac = choice & 64 == 0 ? nil : [UInt8](repeating: 0, count: 16)
        return KeyReply(nonce: sentNonce, publicKey: Self.key(choice), mac: mac).encoded()
    }

    private mutating func message(_ input: inout Input) {
        let choice = input.byte()
        var content: [UInt8] = [0, 0, 0, choice]
        let key = Self.key(input.byte())
        if choice % 2 == 0 {
            content += message1(&input)
        } else {
            content.appendBigEndian(sentIndex)
            content += [UInt8](repeating: choice, count: 1178)
        }
        give(.message(0x10 + choice % 2, content, from: Self.overlay(choice >> 4), key: key))
    }

    // MARK: - Names

    private static func address(_ number: UInt8) -> SocketAddress {
        let host = IPv6Address(high: 0x2001 << 48 | UInt64(number % 4), low: UInt64(number / 4))
        return SocketAddress(host: .v6(host, scope: 0), port: 1)
    }

    private static func overlay(_ number: UInt8) -> IPv6Address {
        IPv6Address(high: 0x0400 << 48 | UInt64(number), low: 0)
    }

    private func path(_ choice: UInt8) -> HandshakePath {
        switch choice % 4 {
        case 0, 1: .datagram(Self.address(choice >> 2))
        case 2: .stream(LinkID(UInt32(choice >> 2)))
        default: .endToEnd(Self.overlay(choice >> 4))
        }
    }

    private func carrier(_ choice: UInt8) -> SessionCarrier {
        SessionCarrier.allCases[Int(choice) % 3]
    }

    private func session(_ choice: UInt8) -> SessionIndex? {
        installed.isEmpty ? nil : installed[Int(choice) % installed.count]
    }

    // MARK: - What the engine says

    private mutating func give(_ input: HandshakeInput) {
        engine.handle(input, now: now)
        while let output = engine.nextOutput() { take(output) }
        let occupancy = engine.occupancy
        invariant(occupancy.sessions == installed.count, "no session is lost or left over")
        invariant(occupancy.timers == occupancy.sessions + occupancy.attempts, "all have an end")
        invariant(occupancy.sessions <= 8 && occupancy.attempts <= 8, "the ceilings hold")
        invariant(occupancy.timestamps <= 8 && occupancy.unconfirmed <= 8, "the ceilings hold")
        invariant(occupancy.strangerSessions <= 6, "a quarter is kept")
        invariant(occupancy.halfInitiations <= Limits.halfInitiationsMax, "the ceilings hold")
    }

    private mutating func take(_ output: HandshakeOutput) {
        switch output {
        case .send(let frame, let path):
            guard let frame = try? HandshakeFrame.decode(frame.span) else {
                return invariant(false, "what is sent can be read")
            }
            invariant(path.carrier != .endToEnd, "frames belong to links")
            if case .initiation(let part) = frame { sentIndex = part.senderIndex }
            if case .keyRequest(let request) = frame { sentNonce = request.nonce }
        case .sendMessage(let type, let content, _):
            invariant(content.count == (type == 0x10 ? 1320 : 1186), "bodies have their size")
            if type == 0x10 { sentIndex = content.span.bigEndian(at: 0) }
        case .install(let session):
            invariant(!installed.contains(session.localIndex), "an index names one session")
            installed.append(session.localIndex)
            if let id = session.attempt { end(id) }
        case .use(let index): invariant(installed.contains(index), "what is used is installed")
        case .remove(let index):
            invariant(installed.contains(index), "what is removed was installed")
            installed.removeAll { $0 == index }
        case .attemptFailed(let id, _): end(id)
        case .timestamp, .event: break
        }
    }

    private mutating func end(_ id: AttemptID) {
        invariant(attempts.contains(id), "an attempt ends once")
        attempts.removeAll { $0 == id }
    }
}

/// The bytes of an input, one after the other.
struct Input {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

    var isEmpty: Bool { bytes.isEmpty }

    mutating func byte() -> UInt8 { bytes.popFirst() ?? 0 }

    /// What follows, up to a number of bytes.
    mutating func rest(atMost count: Int) -> [UInt8] {
        let taken = Array(bytes.prefix(count))
        bytes = bytes.dropFirst(count)
        return taken
    }
}
