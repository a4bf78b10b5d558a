// SPDX-License-Identifier: Apache-2.0
import HyphaCommandLine
import Testing

private let tool = Command(
    "tool",
    "A tool",
    subcommands: [
        Command(
            "copy",
            "Copy",
            arguments: [
                Argument("FROM", "Source"),
                Argument("MODE", "Mode", isOptional: true, completion: .choice(["fast", "slow"])),
            ],
            options: [
                Option("to", letter: "t", value: "DIR", summary: "Where to"),
                Option("skip", value: "NAME", isRepeatable: true, summary: "What not"),
                Option("quiet", letter: "q", summary: "Say nothing"),
            ]
        ),
        Command("secret", "Hidden", isHidden: true),
    ]
)

private func parse(_ words: String...) throws -> Invocation {
    guard case .invocation(let invocation) = try CommandParser.parse(words, root: tool) else {
        throw UsageError(path: [], kind: .missingCommand)
    }
    return invocation
}

private func problem(_ words: String...) -> UsageError.Kind? {
    do throws(UsageError) {
        _ = try CommandParser.parse(words, root: tool)
        return nil
    } catch {
        return error.kind
    }
}

@Suite struct CommandParserTests {
    @Test func optionsAreWrittenWithBlankEqualsSignOrLetter() throws {
        #expect(try parse("copy", "a", "--to", "b").value("to") == "b")
        #expect(try parse("copy", "--to=b", "a").value("to") == "b")
        #expect(try parse("copy", "--to=b=c", "a").value("to") == "b=c")
        #expect(try parse("copy", "--to=", "a").value("to") == "")
        #expect(try parse("copy", "a", "-t", "b").value("to") == "b")
        #expect(try parse("copy", "a", "--to", "--quiet").value("to") == "--quiet")
    }

    @Test func repeatedValuesKeepTheirOrder() throws {
        let invocation = try parse("copy", "--skip", "x", "a", "--skip=y")
        #expect(invocation.values["skip"] == ["x", "y"])
        #expect(invocation.arguments == ["a"] && invocation.path == ["copy"])
    }

    @Test func switchesAreThereOrNot() throws {
        #expect(try parse("copy", "a", "-q").has("quiet"))
        #expect(try !parse("copy", "a").has("quiet"))
    }

    @Test func twoDashesEndTheOptions() throws {
        #expect(try parse("copy", "--", "--quiet").arguments == ["--quiet"])
        #expect(try parse("copy", "-").arguments == ["-"])
        #expect(try parse("--", "copy", "a").path == ["copy"])
    }

    @Test func helpAndVersionComeBeforeAllElse() throws {
        #expect(try CommandParser.parse(["--version"], root: tool) == .version)
        #expect(try CommandParser.parse(["-h"], root: tool) == .help(path: []))
        #expect(try CommandParser.parse(["copy", "--help"], root: tool) == .help(path: ["copy"]))
        #expect(problem("copy", "--version") == .unknownOption("--version", nearest: nil))
    }

    @Test func wrongUsageSaysWhatAndWhatElse() {
        #expect(problem() == .missingCommand)
        #expect(problem("cpoy") == .unknownCommand("cpoy", nearest: "copy"))
        #expect(problem("secre") == .unknownCommand("secre", nearest: nil))
        #expect(problem("copy", "a", "--quite") == .unknownOption("--quite", nearest: "--quiet"))
        #expect(problem("copy", "a", "--hepl") == .unknownOption("--hepl", nearest: "--help"))
        #expect(problem("copy", "a", "-x") == .unknownOption("-x", nearest: nil))
        #expect(problem("copy", "a", "--to") == .missingValue(option: "--to", valueName: "DIR"))
        #expect(problem("copy", "a", "--quiet=1") == .unexpectedValue(option: "--quiet"))
        #expect(problem("copy", "--to=a", "--to=b") == .repeatedOption("--to"))
        #expect(problem("copy", "-q", "-q", "a") == .repeatedOption("--quiet"))
        #expect(problem("copy") == .missingArgument("FROM"))
        #expect(problem("copy", "a", "fast", "c") == .unexpectedArgument("c"))
        #expect(
            problem("copy", "a", "warp")
                == .badChoice("warp", argument: "MODE", choices: ["fast", "slow"])
        )
    }

    @Test func hiddenCommandsCanBeCalled() throws {
        #expect(try parse("secret").path == ["secret"])
    }

    @Test func everyErrorHasTextAndRemedy() {
        let kinds: [UsageError.Kind] = [
            .missingCommand, .unknownCommand("x", nearest: nil), .unknownCommand("x", nearest: "y"),
            .unknownOption("--x", nearest: nil), .unknownOption("--x", nearest: "--y"),
            .missingValue(option: "--x", valueName: "X"), .unexpectedValue(option: "--x"),
            .repeatedOption("--x"), .missingArgument("X"), .unexpectedArgument("x"),
            .badChoice("x", argument: "X", choices: ["a"]),
        ]
        for kind in kinds {
            let error = UsageError(path: ["copy"], kind: kind)
            #expect(!error.message.isEmpty)
            #expect(!error.remedy(program: "tool").isEmpty)
        }
    }

    @Test(arguments: 0..<8) func noCommandLineStopsTheParser(seed: UInt64) {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
        let words = [
            "copy", "--to", "--to=x", "-t", "--", "-", "", "=", "--=", "a", "--skip", "é", "secret",
        ]
        for _ in 0..<500 {
            var line: [String] = []
            for _ in 0..<6 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                line.append(words[Int(state >> 33) % words.count])
            }
            if let parsed = try? CommandParser.parse(line, root: tool),
                case .invocation(let invocation) = parsed
            {
                #expect(
                    invocation.path == ["secret"] || (1...2).contains(invocation.arguments.count)
                )
            }
        }
    }
}
