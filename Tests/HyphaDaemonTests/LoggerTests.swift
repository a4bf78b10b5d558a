// SPDX-License-Identifier: Apache-2.0
import Foundation
import HyphaBase
import HyphaControl
import HyphaDaemon
import Synchronization
import Testing

/// A logger whose clock stands still until it is told, and whose lines are kept.
private final class Recorder: Sendable {
    private let state = Mutex((now: Instant.zero, lines: [String]()))

    func logger(
        _ level: LogLevel = .info,
        _ format: LogFormat = .keyValue,
        isJournal: Bool = false,
        time: Double = 0
    ) -> Logger {
        Logger(
            level: level,
            format: format,
            surroundings: Logger.Surroundings(
                now: { self.state.withLock { $0.now } },
                wallClock: { time },
                isJournal: isJournal,
                write: { line in
                    let text = String(decoding: line, as: UTF8.self)
                    self.state.withLock { $0.lines.append(text) }
                }
            )
        )
    }

    func advance(_ duration: Duration) { state.withLock { $0.now = $0.now + duration } }

    func take() -> [String] {
        state.withLock { state in
            defer { state.lines = [] }
            return state.lines
        }
    }
}

@Suite struct LoggerTests {
    private let recorder = Recorder()

    @Test func aLineHasTimeLevelMessageAndFields() {
        let logger = recorder.logger(time: 1_769_862_896.789)
        logger.log(.linkUp, [.linkID: "3", .errorReason: "static"])
        #expect(
            recorder.take() == [
                "time=2026-01-31T12:34:56.789Z level=info message=\"link up\" link.id=3 "
                    + "error.reason=static\n"
            ]
        )
    }

    @Test func aLineOfJSONIsAnObject() throws {
        recorder.logger(.info, .json).log(.linkUp, [.errorReason: "a \"b\"\n\u{1b}[31m\\"])
        let line = try #require(recorder.take().first)
        #expect(!line.dropLast().contains("\n"))
        let object = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
        #expect(object["level"] == "info" && object["message"] == "link up")
        #expect(object["error.reason"] == "a \"b\"\n\u{1b}[31m\\")
    }

    @Test func theJournalGetsAPriorityAndNoTime() {
        let logger = recorder.logger(.trace, isJournal: true)
        logger.log(.tunLost)
        logger.log(.limitReached)
        logger.log(.linkUp)
        logger.log(.dialling)
        logger.log(.controlPacketSent)
        #expect(
            recorder.take() == [
                "<3>message=\"tun device lost\"\n", "<4>message=\"limit reached\"\n",
                "<6>message=\"link up\"\n", "<7>message=\"dialling peer\"\n",
                "<7>message=\"control packet sent\"\n",
            ]
        )
    }

    @Test func anEventIsWrittenOnceASecondWithTheCountOfTheRest() {
        let logger = recorder.logger(isJournal: true)
        for _ in 0..<1000 { logger.log(.linkUp) }
        logger.log(.linkDown)
        #expect(recorder.take().count == 2)
        recorder.advance(.milliseconds(999))
        logger.log(.linkUp)
        #expect(recorder.take().isEmpty)
        recorder.advance(.milliseconds(1))
        logger.log(.linkUp)
        #expect(recorder.take() == ["<6>message=\"link up\" log.suppressed=1000\n"])
        recorder.advance(.seconds(1))
        logger.log(.linkUp)
        #expect(recorder.take() == ["<6>message=\"link up\"\n"])
    }

    @Test func whatOnlyTheOperatorCausesIsNeverLeftOut() {
        let logger = recorder.logger()
        for _ in 0..<3 { logger.log(.listening, [.listenEndpoint: "tcp://[::]:1"]) }
        #expect(recorder.take().count == 3)
    }

    @Test func levelsBelowTheChosenOneAreNotBuilt() {
        func fail() -> String {
            Issue.record("built")
            return ""
        }
        let logger = recorder.logger(.warning)
        logger.log(.linkUp, [.linkID: fail()])
        #expect(recorder.take().isEmpty && !logger.isWriting(.info) && logger.isWriting(.error))
        logger.setLevel(.info)
        logger.log(.linkUp)
        #expect(recorder.take().count == 1)
    }

    @Test func addressesOfOthersAppearAtDebugOnly() {
        let logger = recorder.logger(isJournal: true)
        logger.log(.linkUp, [.linkID: "1", .peerAddress: "192.0.2.1:5"])
        #expect(recorder.take() == ["<6>message=\"link up\" link.id=1\n"])
        logger.setLevel(.debug)
        recorder.advance(.seconds(1))
        logger.log(.linkUp, [.linkID: "1", .peerAddress: "192.0.2.1:5"])
        #expect(recorder.take() == ["<6>message=\"link up\" link.id=1 peer.address=192.0.2.1:5\n"])
    }

    @Test(arguments: [
        ("", "\"\""), ("plain-1.2/3:4", "plain-1.2/3:4"), ("a b", "\"a b\""), ("a=b", "\"a=b\""),
        ("a\nb", "\"a\\nb\""), ("\u{1b}[0m", "\"\\u001b[0m\""), ("\u{9b}x", "\"\\u009bx\""),
        ("\\", "\"\\\\\""), ("é", "\"é\""),
    ])
    func valuesCannotForgeALine(value: String, written: String) {
        recorder.logger(isJournal: true).log(.started, [.errorReason: value])
        #expect(recorder.take() == ["<6>message=\"node started\" error.reason=\(written)\n"])
    }

    @Test func longValuesAreCut() {
        let value = String(repeating: "x", count: 10_000)
        recorder.logger().log(.started, [.errorReason: value])
        #expect(recorder.take().first.map { $0.count < 700 } == true)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400, "2000-02-29T00:00:00.000Z"),
            (4_107_542_399.5, "2100-02-28T23:59:59.500Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
            (-5, "1970-01-01T00:00:00.000Z"), (1e30, "9999-12-31T23:59:59.000Z"),
        ] as [(Double, String)]
    )
    func timesAreGregorian(seconds: Double, text: String) {
        recorder.logger(time: seconds).log(.started)
        #expect(recorder.take().first?.hasPrefix("time=\(text) ") == true)
    }

    @Test func severalThreadsShareOneLimit() async {
        let logger = recorder.logger()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { for _ in 0..<1000 { logger.log(.linkUp) } }
            }
        }
        #expect(recorder.take().count == 1)
        recorder.advance(.seconds(1))
        logger.log(.linkUp)
        #expect(recorder.take().first?.contains("log.suppressed=3999") == true)
    }
}

@Suite struct LogVocabularyTests {
    @Test func messagesAreConstantShortAndDistinct() {
        let messages = LogEvent.allCases.map(\.rawValue)
        #expect(Set(messages).count == messages.count)
        for message in messages {
            #expect((3...60).contains(message.count) && message == message.lowercased())
            #expect(message.last != "." && message.last != " ")
        }
    }

    @Test func keysAreDottedAndSortedByName() {
        for key in LogKey.allCases {
            #expect(key.rawValue.split(separator: ".").count == 2)
            #expect(key.rawValue == key.rawValue.lowercased())
        }
    }

    /// `HYPHA_UPDATE_SNAPSHOTS=1` writes the file instead.
    @Test func theDocumentedTablesAreTheRealOnes() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Docs/log.md")
        let text = """
            # Log

            Made from `Sources/HyphaDaemon/Log`; a test compares it. One line is one event on standard
            error: `key=value` pairs, or a JSON object with `log.format = "json"`. `log.suppressed`
            tells how often the same event was left out since its last line. In the journal the level
            is the entry's priority, and the journal stamps the time.

            ## Messages

            \(LogEvent.table)
            ## Keys

            \(LogEvent.keyTable)
            """
        if ProcessInfo.processInfo.environment["HYPHA_UPDATE_SNAPSHOTS"] == "1" {
            try Data(text.utf8).write(to: file)
        } else {
            #expect(try String(decoding: Data(contentsOf: file), as: UTF8.self) == text)
        }
    }
}
