// SPDX-License-Identifier: Apache-2.0
import Foundation
import HyphaBase
import HyphaControl
import HyphaDaemon
import Testing

private func entries(_ text: String) throws -> [ConfigEntry] {
    try ConfigurationFile.entries(Array(text.utf8), path: "f.toml")
}

private func problem(_ text: String) -> ConfigurationProblem? {
    do throws(ConfigurationProblems) {
        let entries = try ConfigurationFile.entries(Array(text.utf8), path: "f.toml")
        let content = ConfigurationFileContent(path: "f.toml", entries: entries)
        _ = try NodeSettings.resolve(ConfigurationInputs(isRoot: true), file: content)
        return nil
    } catch {
        return error.problems.first
    }
}

/// A file that is gone afterwards.
private func withFile<Result>(
    _ bytes: [UInt8],
    _ body: (String) throws -> Result
) throws -> Result {
    let file = FileManager.default.temporaryDirectory
        .appendingPathComponent("hypha-test-\(UUID().uuidString).toml")
    try Data(bytes).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try body(file.path)
}

@Suite struct ConfigurationFileTests {
    @Test func everyKindOfValueArrivesWithItsPlace() throws {
        let found = try entries(
            """
            text = "a\\u00e9"
            whole = -7
            real = 1.5
            yes = true
            day = 2026-01-31
            list = ["x", 2,
              [3]]
            [table]
            key = 'v'
            "odd.key" = 1
            """
        )
        func value(_ path: String) -> ConfigEntry? { found.first { $0.path == path } }
        #expect(value("text")?.value == .text("aé"))
        #expect(value("whole")?.value == .integer(-7))
        #expect(value("real")?.value == .real(1.5))
        #expect(value("yes")?.value == .boolean(true))
        #expect(value("day")?.value == .time)
        #expect(
            value("list")?.value
                == .list([
                    ConfigElement(value: .text("x"), line: 6, column: 9),
                    ConfigElement(value: .integer(2), line: 6, column: 14),
                    ConfigElement(value: .list([]), line: 7, column: 3),
                ])
        )
        #expect(value("table")?.value == .table)
        let key = try #require(value("table.key"))
        #expect(key.value == .text("v") && key.line == 9 && key.column == 7)
        #expect(value("table.\"odd.key\"")?.value == .integer(1))
        #expect(found.count == 9)
    }

    @Test func anEmptyFileHasNoKeys() throws {
        #expect(try entries("").isEmpty)
        #expect(try entries("# nothing\n").isEmpty)
    }

    @Test(arguments: [
        ("listen = [\n", 1), ("a = 1\nb = \n", 2), ("a = 1\na = 2\n", 2), ("\"", 1), ("= 1", 1),
    ])
    func whatIsNoTOMLNamesItsLine(text: String, line: Int) {
        guard case .file("f.toml", let found, let column)? = problem(text)?.source else {
            Issue.record("no place")
            return
        }
        #expect(found == line && column > 0)
        guard case .syntax(let reason)? = problem(text)?.kind else {
            Issue.record("no reason")
            return
        }
        #expect(!reason.isEmpty && reason.utf8.count <= 256)
    }

    @Test(arguments: [
        ("\n\nlisen = []", "f.toml:3:9", "lisen"), ("[tun]\nname = 5", "f.toml:2:8", "tun.name"),
        ("peers = [\n\"tcp://a:1\",\n  \"quic://b:2\"]", "f.toml:3:3", "peers"),
        ("[[peers]]\nurl = 'x'", "f.toml:1:1", "peers"),
    ])
    func problemsNameFileLineAndKey(text: String, place: String, key: String) {
        #expect(problem(text)?.source.text == place)
        #expect(problem(text)?.key == key)
    }

    @Test func entriesAreTakenUpToTheirCeilingOnly() throws {
        func keys(_ count: Int) -> String { (0..<count).map { "k\($0) = 1\n" }.joined() }
        #expect(
            try entries(keys(Limits.configurationEntriesMax)).count
                == Limits.configurationEntriesMax
        )
        let tooMany = problem(keys(Limits.configurationEntriesMax + 1))?.kind
        #expect(tooMany == .tooManyKeys(ceiling: Limits.configurationEntriesMax))
        let list = "k = [" + String(repeating: "1,", count: Limits.configurationEntriesMax) + "]"
        #expect(problem(list)?.kind == .tooManyKeys(ceiling: Limits.configurationEntriesMax))
    }

    @Test(arguments: [
        String(repeating: "a.", count: 500_000) + "a = 1", String(repeating: "[", count: 500_000),
        "[" + String(repeating: "a.", count: 8000) + "a]\n" + String(repeating: "{a=", count: 9000),
        "a = " + String(repeating: "[", count: 200) + String(repeating: "]", count: 200),
        String(repeating: "a.", count: 300) + "a = 1",
    ])
    func deepNestingIsAProblemAndNoMore(text: String) {
        #expect(problem(text) != nil)
    }

    @Test(arguments: 0..<8) func noBytesStopTheParser(seed: UInt64) {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let pieces = [
            "listen", "=", "[", "]", "\"", "'", "\n", ".", "{", "}", "1979-05-27", "true", "#", ",",
            "\u{0}", "é", "0x", "1e9", "\"\"\"", "[[", "]]", " ", "\\u", "inf",
        ]
        for _ in 0..<300 {
            var bytes: [UInt8] = []
            for _ in 0..<random(40) { bytes += Array(pieces[random(pieces.count)].utf8) }
            if random(4) == 0 { bytes.append(UInt8(random(256))) }
            _ = try? ConfigurationFile.entries(bytes, path: "f")
        }
    }

    @Test func aNamedFileMustExistAndTheDefaultNeedNot() throws {
        let absent = "/nonexistent-\(UUID().uuidString).toml"
        var inputs = ConfigurationInputs(configFlag: absent, isRoot: true)
        #expect {
            try ConfigurationFile.settings(inputs)
        } throws: { error in
            (error as? ConfigurationProblems)?.problems.first?.kind == .missing(path: absent)
        }
        inputs.configFlag = nil
        inputs.isRoot = false
        inputs.environment = ["HOME": "/nonexistent-home"]
        #expect(try ConfigurationFile.settings(inputs).configFile == nil)
    }

    @Test func theNullDeviceIsAnEmptyFile() throws {
        let inputs = ConfigurationInputs(configFlag: "/dev/null", isRoot: true)
        #expect(try ConfigurationFile.settings(inputs).configFile == "/dev/null")
    }

    @Test func aFileIsReadAndReadAgain() throws {
        try withFile(Array("[tun]\nname = \"m7\"\n".utf8)) { path in
            let inputs = ConfigurationInputs(configFlag: path, isRoot: true)
            let settings = try ConfigurationFile.settings(inputs)
            #expect(settings.tunName == "m7" && settings.configFile == path)
            try Data("[tun]\nname = \"m8\"\n".utf8).write(to: URL(fileURLWithPath: path))
            #expect(try ConfigurationFile.settings(settings.inputs).tunName == "m8")
        }
    }

    @Test func unreadableAndOversizedFilesAreProblems() throws {
        func kind(_ path: String) -> ConfigurationProblem.Kind? {
            do throws(ConfigurationProblems) {
                _ = try ConfigurationFile.settings(
                    ConfigurationInputs(configFlag: path, isRoot: true)
                )
                return nil
            } catch {
                return error.problems.first?.kind
            }
        }
        #expect(kind("/tmp") == .unreadable(path: "/tmp", errno: 21))
        #expect(kind("/a\0b") == .unreadable(path: "/a\0b", errno: 22))
        let most = Limits.configurationFileBytesMax
        try withFile([UInt8](repeating: UInt8(ascii: "\n"), count: most)) {
            #expect(kind($0) == nil)
        }
        try withFile([UInt8](repeating: UInt8(ascii: "\n"), count: most + 1)) { path in
            #expect(kind(path) == .tooLarge(ceiling: most))
        }
    }
}
