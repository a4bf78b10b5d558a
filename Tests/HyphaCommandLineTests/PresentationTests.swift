// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaCommandLine
import HyphaControl
import Testing

private let key = "bb39b4a3a4efd70f3e05e37887677e02efbda14681d0acd3882bc0f754792c32"

private func identity() throws -> IdentityAnswer {
    IdentityAnswer(try #require(PublicKey(hexadecimal: key)))
}

/// How a key becomes an address is another module's test.
private func withoutAddress(_ text: String) throws -> String {
    let identity = try identity()
    return text.replacing(identity.subnet, with: "SUBNET")
        .replacing(identity.address, with: "ADDRESS")
}

private func status() throws -> StatusAnswer {
    let settings = try NodeSettings.resolve(ConfigurationInputs(isRoot: true), file: nil)
    var protection = StatusAnswer.Protection(settings)
    protection.networkName = "example"
    protection.sessions = 7
    protection.sealedLinks = 2
    protection.met = 40
    protection.unprotected = 3
    protection.unprotectedAddresses = ["400::7", "400::8"]
    return StatusAnswer(
        version: "1.2.3",
        processID: 4711,
        uptimeSeconds: 100_000,
        identity: try identity(),
        paths: StatusAnswer.Paths(settings),
        cryptoBackend: "ipsec-mb",
        tunnel: StatusAnswer.Tunnel(name: "hypha0", mtuBytes: 1400, offloads: ["tso4", "tso6"]),
        listeners: [
            StatusAnswer.Listener(endpoint: "tcp://[::]:9651"),
            StatusAnswer.Listener(endpoint: "udp://[::]:9652"),
            StatusAnswer.Listener(endpoint: "tcp://192.0.2.1:5", error: "address not available"),
        ],
        discovery: StatusAnswer.Discovery(isEnabled: true, interfaces: ["eth0", "wlan0"]),
        protection: protection,
        counts: StatusAnswer.Counts(
            links: 3,
            linksMax: 512,
            routesSelected: 12,
            routesFallback: 4,
            routesQueried: 1,
            searches: 0
        ),
        traffic: StatusAnswer.TrafficTotals(
            fromHost: Traffic(packets: 12, bytes: 1000),
            toHost: Traffic(packets: 1_000_000, bytes: 1_400_000_000)
        ),
        drops: [
            Counter("malformed", 0), Counter("no-route", 17), Counter("of-the-future", 1),
        ],
        counters: [Counter("updates-received", 99), Counter("seqno-requests-sent", 0)],
        process: StatusAnswer.Process(memoryBytes: 20_000_000, processorSeconds: 1.234),
        warnings: [
            StatusWarning(.keyFileExposed, subject: "/var/lib/hypha/key"),
            StatusWarning(.listenerDown, subject: "tcp://192.0.2.1:5"),
        ]
    )
}

private func peers() -> PeersAnswer {
    var up = PeerAnswer(
        endpoint: "tcp://a.example:9651",
        remote: "192.0.2.7:9651",
        origin: .static,
        state: .connected
    )
    up.link = 3
    up.overlayAddress = "400::1"
    up.publicKey = key
    up.cost = 12
    up.carrier = .udp
    up.isSealed = true
    up.pathMTU = 1452
    up.datagramRemote = "192.0.2.7:9652"
    up.roundTripMilliseconds = 1.256
    up.received = Traffic(packets: 5, bytes: 5000)
    up.sent = Traffic(packets: 7, bytes: 700)
    up.connectedSeconds = 75
    var down = PeerAnswer(
        endpoint: "tcp://[2001:db8::7]:9651",
        remote: nil,
        origin: .static,
        state: .waiting
    )
    down.nextAttemptSeconds = 3.21
    down.attempts = 9
    down.lastError = "connection refused"
    let other = PeerAnswer(
        endpoint: nil,
        remote: "[fe80::1%2]:9651",
        origin: .discovered,
        state: .connecting
    )
    var base = PeerAnswer(
        endpoint: nil,
        remote: "192.0.2.9:50000",
        origin: .inbound,
        state: .connected
    )
    base.link = 4
    base.carrier = .baseTCP
    var sealed = base
    sealed.link = 5
    sealed.carrier = .sealedTCP
    sealed.isSealed = true
    return PeersAnswer([down, other, sealed, up, base])
}

@Suite struct PresentationTests {
    @Test func statusIsAsCommitted() throws {
        let coloured = TextStyle(isColoured: true)
        for (style, name) in [(.plain, "status.txt"), (coloured, "status-coloured.txt")] {
            let text = StatusText.render(try status(), style: style)
            try expectSnapshot(try withoutAddress(text), name)
        }
    }

    @Test func statusOfABareNodeIsAsCommitted() throws {
        var bare = try status()
        bare.tunnel = nil
        bare.listeners = []
        bare.discovery.isEnabled = false
        bare.drops = []
        bare.counters = []
        bare.warnings = []
        bare.protection = StatusAnswer.Protection(
            try NodeSettings.resolve(
                ConfigurationInputs(flags: [.baseProtocolOnly: []], isRoot: true),
                file: nil
            )
        )
        let text = StatusText.render(bare, style: .plain)
        try expectSnapshot(try withoutAddress(text), "status-bare.txt")
    }

    @Test func everyWarningHasText() throws {
        var status = try status()
        for code in StatusWarning.Code.allCases {
            status.warnings = [StatusWarning(code, subject: "SUBJECT")]
            let text = StatusText.render(status, style: .plain)
            #expect(text.contains("SUBJECT") && !text.contains("\(code.rawValue): SUBJECT"))
        }
    }

    @Test func peersAreAsCommitted() throws {
        try expectSnapshot(PeersText.render(peers(), style: .plain), "peers.txt")
        #expect(PeersText.render(PeersAnswer([]), style: .plain).contains("hypha peers add"))
    }

    @Test func sessionsAreAsCommitted() throws {
        let owner = try #require(PublicKey(hexadecimal: key))
        func address(_ number: UInt64) -> IPv6Address {
            IPv6Address(high: 0x0400_0000_0000_0000, low: number)
        }
        var session = SessionAnswer(address: address(1), publicKey: owner, state: .session)
        session.role = .responder
        session.ageSeconds = 3700
        session.rekeyedSeconds = 61
        session.sent = Traffic(packets: 12, bytes: 1)
        session.received = Traffic(packets: 1_000_000, bytes: 2)
        session.replayedDrops = 3
        session.forgedDrops = 4
        session.innerMTU = 1352
        let others = SessionAnswer.State.allCases.filter { $0 != .session }.enumerated()
            .map { SessionAnswer(address: address(UInt64($0.0) + 2), publicKey: nil, state: $0.1) }
        try expectSnapshot(
            SessionsText.render([session] + others, style: .plain)
                + SessionsText.render([], style: .plain),
            "sessions.txt"
        )
    }

    @Test func whoisIsAsCommitted() throws {
        let owner = try #require(PublicKey(hexadecimal: key))
        func answer(_ address: IPv6Address, isProven: Bool, isKnown: Bool = true) -> WhoisAnswer {
            WhoisAnswer(
                address: address,
                publicKey: isKnown ? owner : nil,
                isProven: isProven,
                state: isKnown ? "session" : "unknown",
                carrier: isProven ? "udp" : nil
            )
        }
        let exact = IPv6Address(derivedFrom: owner)
        let near = IPv6Address(high: exact.high, low: 1)
        var answers = [
            answer(exact, isProven: true), answer(near, isProven: true),
            answer(exact, isProven: false), answer(near, isProven: false, isKnown: false),
        ]
        answers[0].candidates = ["192.0.2.7:9652", "[2001:db8::7]:9652"]
        #expect(answers.map(\.isIdentity) == [true, false, false, false])
        let text = answers.map { SessionsText.render($0, style: .plain) }.joined(separator: "\n")
        try expectSnapshot(
            text.replacing("\(exact)", with: "EXACT").replacing("\(near)", with: "NEAR"),
            "whois.txt"
        )
    }

    @Test func routesAreAsCommitted() throws {
        let route = RouteAnswer(
            subnet: Prefix(subnetOf: IPv6Address(high: 0x0400_0001_0002_0003, low: 0)),
            nextHop: SocketAddress(host: .v4(IPv4Address(bits: 0xc000_0207)), port: 9651),
            link: LinkID(3),
            metric: Metric(12),
            seqno: Seqno(7),
            routerID: RouterID(
                publicKey: try #require(PublicKey(hexadecimal: key)),
                zone: 0,
                tail: 0
            ),
            expiresSeconds: 300,
            isDirect: true,
            isSelected: true
        )
        var gone = route
        gone.metric = nil
        gone.isDirect = false
        let queried = QueriedAnswer([QueriedSubnet(subnet: .overlay, remainingSeconds: 2.5)])
        try expectSnapshot(
            RoutesText.render(title: "selected", routes: [route, gone], style: .plain)
                + RoutesText.render(title: "fallback", routes: [], style: .plain)
                + RoutesText.render(queried, style: .plain),
            "routes.txt"
        )
    }

    @Test func settingsAndIdentityAreAsCommitted() throws {
        var inputs = ConfigurationInputs(isRoot: true)
        inputs.flags[.peers] = ["tcp://a.example:1", "tcp://b.example:2"]
        let settings = try NodeSettings.resolve(inputs, file: nil)
        try expectSnapshot(
            SettingsText.render(settings.effective, style: .plain)
                + withoutAddress(SettingsText.render(try identity())),
            "settings.txt"
        )
    }

    @Test func keysAndChecksAreReported() throws {
        let text = SettingsText.generated(try identity(), path: "/k")
        #expect(text.hasPrefix("Key file    /k\nPublic key  \(key)\n"))
        #expect(SettingsText.valid(path: "/f") == "/f: nothing wrong.\n")
        #expect(SettingsText.valid(path: nil).contains("defaults"))
        #expect(
            PeersText.added(PeerChangeAnswer(try Endpoint(parsing: "tcp://a:1"))).hasPrefix(
                "Added tcp://a:1."
            )
        )
        let forgotten = PeersText.forgotten(ForgottenAnswer(.unspecified))
        #expect(forgotten.hasPrefix("Forgot ::."))
        #expect(SettingsText.text(.duplicatePeer("tcp://a:1")).contains("tcp://a:1"))
    }

    @Test func problemsAreAsCommitted() throws {
        let place = SettingSource.file(path: "/etc/hypha/hypha.toml", line: 4, column: 9)
        let problems = ConfigurationProblems([
            ConfigurationProblem(
                source: place,
                key: "lisen",
                kind: .unknownKey(nearest: "listen")
            ),
            ConfigurationProblem(
                source: place,
                key: "peers",
                kind: .wrongType(expected: "a list of strings", found: "a string")
            ),
            ConfigurationProblem(
                source: .flag("--listen"),
                key: "listen",
                kind: .badURL("quic://[::]:1", .unknownScheme("quic"))
            ),
            ConfigurationProblem(
                source: .flag("--config"),
                key: "",
                kind: .missing(path: "/f.toml")
            ),
            ConfigurationProblem(
                source: place,
                key: "network.name",
                kind: .needsAlso("network.key-file")
            ),
            ConfigurationProblem(
                source: .flag("--require-sessions"),
                key: "security.require-sessions",
                kind: .contradicts("base-protocol-only")
            ),
            ConfigurationProblem(
                source: .flag("--listen"),
                key: "listen",
                kind: .listenPinsKey("udp://[::]:1?key=00")
            ),
            ConfigurationProblem(
                source: .flag("--peer"),
                key: "peers",
                kind: .notInBase("udp://a:1")
            ),
            ConfigurationProblem(
                source: place,
                key: "network.name",
                kind: .networkNameTooLong(byteCount: 65)
            ),
        ])
        try expectSnapshot(SettingsText.render(problems, style: .plain), "problems.txt")
    }

    @Test func failuresAreAsCommitted() throws {
        let endpoint = try Endpoint(parsing: "tcp://[::]:9651")
        let failures: [StartFailure] = [
            .tunNotPermitted(name: "hypha0"), .tunNotAvailable, .tunNameTaken(name: "hypha0"),
            .tunFailed(name: "hypha0", errno: 5), .stateDirectory(path: "/s", errno: 13),
            .keyFile(path: "/k", errno: 13), .keyFileMalformed(path: "/k", byteCount: 31),
            .networkKeyFile(path: "/n", errno: 13), .networkKeyFileExposed(path: "/n"),
            .networkKeyFileMalformed(path: "/n"),
            .keyUnusable(path: "/k"), .listen(endpoint, errno: 98),
            .controlSocket(path: "/c", errno: 13), .alreadyRunning(path: "/c"),
            .cryptoBackend(.ipsecMB), .noCryptoBackend, .resource(errno: 24),
        ]
        let texts =
            failures.map { FailureText($0) { "error \($0)" } } + [
                FailureText(UsageError(path: ["run"], kind: .unknownOption("-x", nearest: nil))),
                FailureText(ControlError.peerExists(endpoint)), .noDaemon(paths: ["/a", "/b"]),
                .noAccess(path: "/c"), .noAnswer(path: "/c"), .strangeAnswer(path: "/c"),
                .keyExists(path: "/k"), .keyMissing(path: "/k"), .notAKey("x"), .notAnAddress("x"),
                .notAPort("0"),
                .cannotWrite(path: "/d"),
            ]
        try expectSnapshot(texts.map { $0.render(style: .plain) }.joined(), "failures.txt")
    }

    @Test func theMissingRightToMakeADeviceNamesBothWaysOut() {
        let failure = FailureText(.tunNotPermitted(name: "x")) { _ in "" }
        let text = failure.render(style: .plain)
        #expect(text.contains("setcap cap_net_admin+ep") && text.contains("--no-tun"))
    }

    @Test func coloursAreForTerminalsThatWantThem() {
        func isColoured(_ isTerminal: Bool, _ environment: [String: String]) -> Bool {
            TextStyle(isTerminal: isTerminal) { environment[$0] }.isColoured
        }
        #expect(isColoured(true, ["TERM": "xterm"]))
        #expect(isColoured(true, ["NO_COLOR": ""]))
        #expect(!isColoured(true, ["NO_COLOR": "1"]))
        #expect(!isColoured(true, ["TERM": "dumb"]))
        #expect(!isColoured(false, [:]))
    }
}

@Suite struct QuantityTests {
    @Test(
        arguments: [
            (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"),
            (1_048_575, "1023.9 KiB"), (1_048_576, "1.0 MiB"), (1_400_000_000, "1.3 GiB"),
            (UInt64.max, "15.9 EiB"),
        ] as [(UInt64, String)]
    )
    func bytesHaveBinaryUnits(count: UInt64, text: String) {
        #expect(Quantity.bytes(count) == text)
    }

    @Test(
        arguments: [
            (-1, "0.0 s"), (0.04, "0.0 s"), (0.06, "0.1 s"), (9.94, "9.9 s"), (10, "10 s"),
            (59.9, "59 s"), (61, "1 m 1 s"), (3700, "1 h 1 m"), (90_000, "1 d 1 h"), (.nan, "-"),
            (.infinity, "-"), (1e300, "11574074074 d 1 h"),
        ] as [(Double, String)]
    )
    func secondsGrowIntoDays(value: Double, text: String) {
        #expect(Quantity.seconds(value) == text)
    }

    @Test(
        arguments: [
            (0.3, 1, "0.3"), (1.256, 2, "1.26"), (0.05, 3, "0.050"), (-0.001, 2, "0.00"),
            (-1.5, 1, "-1.5"), (.nan, 1, "-"), (99.999, 2, "100.00"),
        ] as [(Double, Int, String)]
    )
    func digitsAreFixed(value: Double, digits: Int, text: String) {
        #expect(Quantity.fixed(value, digits: digits) == text)
    }
}
