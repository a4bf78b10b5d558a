// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaControl
import Testing

private let root = ConfigurationInputs(isRoot: true)

private func file(_ entries: ConfigEntry...) -> ConfigurationFileContent {
    ConfigurationFileContent(path: "hypha.toml", entries: entries)
}

private func entry(_ path: String, _ value: ConfigValue, line: Int = 1) -> ConfigEntry {
    ConfigEntry(path: path, value: value, line: line, column: 5)
}

private func texts(_ values: String..., line: Int = 1) -> ConfigValue {
    .list(
        values.enumerated().map { index, text in
            ConfigElement(value: .text(text), line: line, column: 10 + index)
        }
    )
}

private func problems(
    _ inputs: ConfigurationInputs,
    _ file: ConfigurationFileContent? = nil
) -> [ConfigurationProblem] {
    do throws(ConfigurationProblems) {
        _ = try NodeSettings.resolve(inputs, file: file)
        return []
    } catch {
        return error.problems
    }
}

@Suite struct NodeSettingsTests {
    @Test func defaultsOfRootAreTheSystemFolders() throws {
        let settings = try NodeSettings.resolve(root, file: nil)
        #expect(settings.stateDirectory == "/var/lib/hypha")
        #expect(settings.keyFile == "/var/lib/hypha/key")
        #expect(settings.controlSocket == "/run/hypha/control.sock")
        #expect(settings.listen.map(\.description) == ["tcp://[::]:9651", "udp://[::]:9652"])
        #expect(!settings.isBaseProtocolOnly && settings.network == nil)
        #expect(!settings.requiresSessions && settings.answersKeyRequests)
        #expect(settings.peers.isEmpty)
        #expect(settings.isTunEnabled && settings.isDiscoveryEnabled)
        #expect(settings.tunName == "hypha0")
        #expect(settings.discoveryInterfaces.isEmpty)
        #expect(settings.cryptoBackend == .automatic)
        #expect(settings.logLevel == .info)
        #expect(settings.logFormat == .keyValue)
        #expect(settings.configFile == nil && settings.warnings.isEmpty)
        #expect(settings.effective.allSatisfy { $0.source == "default" })
        #expect(settings.effective.map(\.key) == ConfigurationSchema.all.map(\.key.rawValue))
        #expect(settings.inputs == root)
    }

    @Test func flagBeatsVariableBeatsFileBeatsDefault() throws {
        var inputs = root
        let file = file(entry("tun.name", .text("from-file"), line: 7))
        #expect(try NodeSettings.resolve(inputs, file: file).tunName == "from-file")
        inputs.environment["HYPHA_TUN_NAME"] = "from-env"
        #expect(try NodeSettings.resolve(inputs, file: file).tunName == "from-env")
        inputs.flags[.tunName] = ["from-flag"]
        #expect(try NodeSettings.resolve(inputs, file: file).tunName == "from-flag")
    }

    @Test func everyValueRemembersItsSource() throws {
        let inputs = ConfigurationInputs(
            flags: [.peers: ["tcp://a.example:1"], .discoveryEnabled: []],
            environment: ["HYPHA_LOG_LEVEL": "debug", "HYPHA_LOG_FORMAT": ""],
            isRoot: true
        )
        let file = file(
            entry("log.format", .text("json"), line: 3),
            entry("log.level", .text("error"), line: 4)
        )
        let settings = try NodeSettings.resolve(inputs, file: file)
        let sources = settings.effective.map { "\($0.key): \($0.source)" }
        #expect(sources.contains("peers: --peer"))
        #expect(sources.contains("discovery.enabled: --no-discovery"))
        #expect(sources.contains("log.level: HYPHA_LOG_LEVEL"))
        #expect(sources.contains("log.format: hypha.toml:3:5"))
        #expect(sources.contains("listen: default"))
        #expect(!settings.isDiscoveryEnabled && settings.logLevel == .debug)
        #expect(settings.logFormat == .json && settings.configFile == "hypha.toml")
    }

    @Test func aListReplacesThatOfTheLevelsBelow() throws {
        var inputs = root
        inputs.environment["HYPHA_PEERS"] = "tcp://b.example:2, tcp://c.example:3 tcp://d.example:4"
        let file = file(entry("peers", texts("tcp://a.example:1")))
        let settings = try NodeSettings.resolve(inputs, file: file)
        #expect(settings.peers.map(\.port) == [2, 3, 4])
    }

    @Test func anEmptyListenListAcceptsNobody() throws {
        let settings = try NodeSettings.resolve(root, file: file(entry("listen", .list([]))))
        #expect(settings.listen.isEmpty)
    }

    @Test(arguments: ["1", "true", "YES", "on"]) func variablesSwitchOn(text: String) throws {
        var inputs = root
        inputs.environment["HYPHA_TUN"] = text
        let file = file(entry("tun.enabled", .boolean(false)))
        #expect(try NodeSettings.resolve(inputs, file: file).isTunEnabled)
    }

    @Test(arguments: ["0", "false", "No", "off"]) func variablesSwitchOff(text: String) throws {
        var inputs = root
        inputs.environment["HYPHA_DISCOVERY"] = text
        #expect(try !NodeSettings.resolve(inputs, file: nil).isDiscoveryEnabled)
    }

    @Test func keysOfTheFileAreAllRead() throws {
        let file = file(
            entry("state-dir", .text("/s")),
            entry("key-file", .text("/k")),
            entry("control", .text("/c.sock")),
            entry("listen", texts("tcp://127.0.0.1:0", "tcp://127.0.0.1:0", "tcp://[::1]:5")),
            entry("peers", texts("tcp://[fe80::1%eth0]:9651")),
            entry("base-protocol-only", .boolean(false)),
            entry("network", .table),
            entry("network.name", .text("n")),
            entry("network.key-file", .text("/n")),
            entry("security", .table),
            entry("security.require-sessions", .boolean(true)),
            entry("security.key-requests", .boolean(false)),
            entry("tun", .table),
            entry("tun.enabled", .boolean(false)),
            entry("tun.name", .text("m0")),
            entry("discovery.enabled", .boolean(false)),
            entry("discovery.interfaces", texts("eth0", "eth0", "wlan0")),
            entry("peering.direct-links", .boolean(false)),
            entry("data-plane.workers", .integer(3)),
            entry("crypto.backend", .text("openssl")),
            entry("log.level", .text("trace")),
            entry("log.format", .text("json"))
        )
        let settings = try NodeSettings.resolve(root, file: file)
        #expect(settings.stateDirectory == "/s" && settings.keyFile == "/k")
        #expect(settings.controlSocket == "/c.sock")
        #expect(settings.listen.map(\.port) == [0, 0, 5])
        #expect(settings.peers.map(\.description) == ["tcp://[fe80::1%eth0]:9651"])
        #expect(settings.network == PrivateNetworkSettings(name: "n", keyFile: "/n"))
        #expect(settings.requiresSessions && !settings.answersKeyRequests)
        #expect(!settings.isBaseProtocolOnly)
        #expect(!settings.isTunEnabled && settings.tunName == "m0")
        #expect(settings.discoveryInterfaces == ["eth0", "wlan0"])
        #expect(!settings.makesDirectLinks)
        #expect(settings.workers == 3)
        #expect(settings.cryptoBackend == .openSSL)
        #expect(settings.logLevel == .trace && settings.logFormat == .json)
        #expect(settings.effective.allSatisfy { $0.source.hasPrefix("hypha.toml:1:") })
    }

    @Test func switchesStandAlone() throws {
        var inputs = root
        inputs.flags = [.requireSessions: [], .keyRequests: [], .directLinks: []]
        let settings = try NodeSettings.resolve(inputs, file: nil)
        #expect(settings.requiresSessions && !settings.answersKeyRequests)
        #expect(!settings.makesDirectLinks)
        #expect(try NodeSettings.resolve(root, file: nil).makesDirectLinks)
        inputs.flags = [.baseProtocolOnly: []]
        #expect(try NodeSettings.resolve(inputs, file: nil).isBaseProtocolOnly)
        inputs.flags = [:]
        inputs.environment = ["HYPHA_BASE_PROTOCOL_ONLY": "on", "HYPHA_KEY_REQUESTS": "off"]
        let named = try NodeSettings.resolve(inputs, file: nil)
        #expect(named.isBaseProtocolOnly && !named.answersKeyRequests)
    }

    @Test func theBaseProtocolAloneHasNoUDP() throws {
        var inputs = root
        inputs.flags = [.baseProtocolOnly: []]
        let settings = try NodeSettings.resolve(inputs, file: nil)
        #expect(settings.listen.map(\.description) == ["tcp://[::]:9651"])
        inputs.flags[.listen] = ["udp://[::]:1"]
        #expect(problems(inputs).map(\.kind) == [.notInBase("udp://[::]:1")])
        inputs.flags[.listen] = nil
        let pinned = "tcp://a.example:1?key=" + String(repeating: "0a", count: 32)
        inputs.flags[.peers] = ["udp://a.example:1", pinned, "tcp://a.example:1"]
        #expect(
            problems(inputs).map(\.kind) == [.notInBase("udp://a.example:1"), .notInBase(pinned)]
        )
        inputs.flags = [
            .baseProtocolOnly: [], .requireSessions: [], .networkName: ["n"],
            .networkKeyFile: ["/n"],
        ]
        #expect(problems(inputs).map(\.key) == ["network.name", "security.require-sessions"])
        #expect(problems(inputs).allSatisfy { $0.kind == .contradicts("base-protocol-only") })
    }

    @Test func givenListenersReplaceAllDefaults() throws {
        var inputs = root
        inputs.flags[.listen] = ["udp://192.0.2.1:5"]
        let settings = try NodeSettings.resolve(inputs, file: nil)
        #expect(settings.listen.map(\.description) == ["udp://192.0.2.1:5"])
    }

    @Test func aPeerMayBeDialledOverUDPWithItsKey() throws {
        let pinned = "udp://a.example:9652?key=" + String(repeating: "0a", count: 32)
        let settings = try NodeSettings.resolve(root, file: file(entry("peers", texts(pinned))))
        #expect(settings.peers.map(\.description) == [pinned])
        #expect(settings.peers.first?.pinnedKey != nil)
    }

    @Test func aPeerNamedTwiceIsUsedOnceWithAWarning() throws {
        var inputs = root
        inputs.flags[.peers] = ["tcp://a.example:1", "tcp://A.example:1"]
        let settings = try NodeSettings.resolve(inputs, file: nil)
        #expect(settings.peers.count == 1)
        #expect(settings.warnings == [.duplicatePeer("tcp://a.example:1")])
    }

    @Test func misspeltVariablesAreWarnedOf() throws {
        var inputs = root
        inputs.environment = ["HYPHA_PEER": "x", "HYPHA_SEED": "1", "PATH": "/bin"]
        let settings = try NodeSettings.resolve(inputs, file: nil)
        #expect(settings.warnings == [.unknownVariable("HYPHA_PEER", nearest: "HYPHA_PEERS")])
    }
}

@Suite struct ConfigurationProblemTests {
    private func single(
        _ path: String,
        _ value: ConfigValue
    ) -> (kind: ConfigurationProblem.Kind?, place: String?) {
        let found = problems(root, file(entry(path, value, line: 9)))
        return found.count == 1 ? (found.first?.kind, found.first?.source.text) : (nil, nil)
    }

    @Test func anUnknownKeyNamesTheNearest() {
        let near = single("lisen", .text("x"))
        #expect(near.kind == .unknownKey(nearest: "listen") && near.place == "hypha.toml:9:5")
        #expect(single("tun-name", .text("x")).kind == .unknownKey(nearest: "tun.name"))
        #expect(
            single("interfaces", .list([])).kind == .unknownKey(nearest: "discovery.interfaces")
        )
        #expect(single("banana", .boolean(true)).kind == .unknownKey(nearest: nil))
    }

    @Test func anUnknownTableIsReportedOnce() {
        let found = problems(
            root,
            file(
                entry("tunn", .table),
                entry("tunn.name", .text("x")),
                entry("tunn.more", .table),
                entry("tunn.more.x", .integer(1))
            )
        )
        #expect(found.map(\.key) == ["tunn"])
        #expect(found.first?.kind == .unknownKey(nearest: "tun"))
    }

    @Test func wrongTypesNameBoth() {
        #expect(
            single("peers", .text("tcp://a:1")).kind
                == .wrongType(expected: "a list of strings", found: "a string")
        )
        #expect(
            single("tun.enabled", .text("yes")).kind
                == .wrongType(expected: "true or false", found: "a string")
        )
        #expect(
            single("key-file", .integer(5)).kind
                == .wrongType(expected: "a string", found: "an integer")
        )
        #expect(
            single("tun", .boolean(false)).kind
                == .wrongType(expected: "a table", found: "a boolean")
        )
        #expect(
            single("listen", .table).kind
                == .wrongType(expected: "a list of strings", found: "a table")
        )
    }

    @Test func anElementOfTheWrongTypeNamesItsOwnPlace() {
        let list = ConfigValue.list([ConfigElement(value: .integer(9651), line: 12, column: 3)])
        let found = single("listen", list)
        #expect(
            found.kind
                == .wrongType(expected: "a list of strings", found: "an integer in a list")
        )
        #expect(found.place == "hypha.toml:12:3")
    }

    @Test(arguments: [
        ("http://a:1", ConfigurationProblem.Kind.badURL("http://a:1", .unknownScheme("http"))),
        ("a:1", .badURL("a:1", .missingScheme)),
        ("tcp://a", .badURL("tcp://a", .missingPort)),
        ("tcp://a:99999", .badURL("tcp://a:99999", .badPort("99999"))),
        ("tcp://a:0", .peerNeedsPort("tcp://a:0")),
        ("tcp://[::]:1", .peerNeedsAddress("tcp://[::]:1")),
        ("tcp://0.0.0.0:1", .peerNeedsAddress("tcp://0.0.0.0:1")),
        ("", .empty),
    ])
    func badPeersAreRefused(text: String, kind: ConfigurationProblem.Kind) {
        #expect(single("peers", texts(text, line: 9)).kind == kind)
    }

    @Test func badListenURLsAreRefused() {
        #expect(
            single("listen", texts("tcp://localhost:1")).kind
                == .listenNeedsAddress("tcp://localhost:1")
        )
        #expect(
            single("listen", texts("tcp://1.2.3.4:1", "tcp://1.2.3.4:1")).kind
                == .duplicate("tcp://1.2.3.4:1")
        )
    }

    @Test func anUnderscoreMayStandForAHyphen() throws {
        let spelled = file(
            entry("security.require_sessions", .boolean(true)),
            entry("state_dir", .text("/s"))
        )
        let settings = try NodeSettings.resolve(root, file: spelled)
        #expect(settings.requiresSessions && settings.stateDirectory == "/s")
        let twice = file(entry("state_dir", .text("/s")), entry("state-dir", .text("/t"), line: 2))
        #expect(problems(root, twice).map(\.kind) == [.duplicate("state-dir")])
        #expect(problems(root, twice).map(\.source.text) == ["hypha.toml:2:5"])
        #expect(single("log_level", .text("info")).kind == .unknownKey(nearest: "log.level"))
    }

    @Test func aListenerPinsNoKey() {
        let pinned = "tcp://1.2.3.4:1?key=" + String(repeating: "0a", count: 32)
        #expect(single("listen", texts(pinned)).kind == .listenPinsKey(pinned))
    }

    @Test func aPrivateNetworkNeedsNameAndKey() throws {
        #expect(
            single("network.name", .text("n")).kind == .needsAlso("network.key-file")
        )
        #expect(
            single("network.key-file", .text("/n")).kind == .needsAlso("network.name")
        )
        let most = Limits.privateNetworkNameBytesMax
        func problems(_ byteCount: Int) -> [ConfigurationProblem.Kind] {
            HyphaControlTests.problems(
                root,
                file(
                    entry("network.name", .text(String(repeating: "n", count: byteCount))),
                    entry("network.key-file", .text("/n"))
                )
            ).map(\.kind)
        }
        #expect(problems(most) == [])
        #expect(problems(most + 1) == [.networkNameTooLong(byteCount: most + 1)])
    }

    @Test(arguments: ["", "a/b", "sixteen-bytes-xx", "a b", "..", "a:b", "tun%d"])
    func badInterfaceNamesAreRefused(name: String) {
        let kind: ConfigurationProblem.Kind = name.isEmpty ? .empty : .badInterfaceName(name)
        #expect(single("tun.name", .text(name)).kind == kind)
        #expect(single("discovery.interfaces", texts(name)).kind == kind)
    }

    @Test func listsAreTakenUpToTheirCeilingOnly() throws {
        func peers(_ count: Int) -> ConfigValue {
            .list(
                (1...count).map {
                    ConfigElement(value: .text("tcp://a.example:\($0)"), line: 1, column: 1)
                }
            )
        }
        let most = Limits.configuredPeersMax
        let full = try NodeSettings.resolve(root, file: file(entry("peers", peers(most))))
        #expect(full.peers.count == most)
        #expect(
            single("peers", peers(most + 1)).kind == .tooMany(found: most + 1, ceiling: most)
        )
    }

    @Test func aSocketPathIsTakenUpToItsCeilingOnly() throws {
        let longest = "/" + String(repeating: "s", count: Limits.socketPathBytesMax - 1)
        let full = try NodeSettings.resolve(root, file: file(entry("control", .text(longest))))
        #expect(full.controlSocket == longest)
        #expect(
            single("control", .text(longest + "s")).kind
                == .socketPathTooLong(byteCount: Limits.socketPathBytesMax + 1)
        )
    }

    @Test func badChoicesAndBooleansAreRefused() {
        let levels = LogLevel.allCases.map(\.rawValue)
        #expect(single("log.level", .text("loud")).kind == .notAChoice("loud", choices: levels))
        let inputs = ConfigurationInputs(environment: ["HYPHA_TUN": "maybe"], isRoot: true)
        #expect(problems(inputs).first?.kind == .notABoolean("maybe"))
        #expect(problems(inputs).first?.source.text == "HYPHA_TUN")
        #expect(single("key-file", .text("/a\0b")).kind == .badPath)
    }

    @Test func workersAreANumberWithinTheirLimits() throws {
        let range = 1...Limits.workersMax
        for bad in [0, Limits.workersMax + 1] {
            let found = single("data-plane.workers", .integer(Int64(bad)))
            #expect(found.kind == .notInRange(range))
        }
        let wrong = single("data-plane.workers", .text("2")).kind
        #expect(wrong == .wrongType(expected: "an integer", found: "a string"))
        for (text, expected) in [("16", 16), ("1", 1), ("x", nil), ("17", nil), ("-1", nil)] {
            let inputs = ConfigurationInputs(environment: ["HYPHA_WORKERS": text], isRoot: true)
            if let expected {
                #expect(try NodeSettings.resolve(inputs, file: nil).workers == expected)
            } else {
                #expect(problems(inputs).map(\.kind) == [.notInRange(range)])
            }
        }
        #expect(try NodeSettings.resolve(root, file: nil).workers == nil)
    }

    @Test func aUserWithoutHomeIsToldToNameAFolder() {
        let found = problems(ConfigurationInputs(isRoot: false))
        #expect(found.map(\.kind) == [.noHomeFolder])
        #expect(found.first?.remedy.contains("--state-dir") == true)
    }

    @Test func allProblemsAreReportedUpToTheCeiling() {
        let entries = (0..<Limits.configurationProblemsMax + 10).map {
            entry("unknown\($0)", .integer(1), line: $0)
        }
        let content = ConfigurationFileContent(path: "f", entries: entries)
        #expect(problems(root, content).count == Limits.configurationProblemsMax)
        #expect(
            problems(root, file(entry("a", .integer(1)), entry("tun.name", .integer(2)))).count == 2
        )
    }

    @Test func everyProblemHasTextAndRemedy() {
        let kinds: [ConfigurationProblem.Kind] = [
            .unknownKey(nearest: "x"), .unknownKey(nearest: nil),
            .wrongType(expected: "a", found: "b"), .badURL("u", .missingScheme),
            .badURL("u", .unknownScheme("x")), .badURL("u", .missingPort),
            .badURL("u", .badPort("x")), .badURL("u", .badHost("x")), .listenNeedsAddress("u"),
            .peerNeedsPort("u"), .peerNeedsAddress("u"), .duplicate("u"),
            .notAChoice("inof", choices: ["info"]), .notABoolean("x"), .badInterfaceName("x"),
            .notInRange(1...2),
            .empty, .badPath, .socketPathTooLong(byteCount: 200), .tooMany(found: 3, ceiling: 2),
            .noHomeFolder, .syntax("x"), .unreadable(path: "x", errno: 13), .missing(path: "x"),
            .tooLarge(ceiling: 1), .badURL("u", .badQuery("x")), .badURL("u", .badKey("x")),
            .listenPinsKey("u"), .notInBase("u"), .contradicts("k"), .needsAlso("k"),
            .networkNameTooLong(byteCount: 300),
            .tooManyKeys(ceiling: 1),
        ]
        for kind in kinds {
            let problem = ConfigurationProblem(source: .defaultValue, key: "listen", kind: kind)
            #expect(!problem.message.isEmpty && !problem.message.hasSuffix("."))
            #expect(!problem.remedy.isEmpty && !problem.remedy.hasSuffix("."))
        }
    }
}
