// SPDX-License-Identifier: Apache-2.0
import HyphaCommandLine
import HyphaControl
import Testing

private func paths(_ command: Command = HyphaCommand.root, _ path: [String] = []) -> [[String]] {
    [path] + command.visibleSubcommands.flatMap { paths($0, path + [$0.name]) }
}

@Suite struct HelpTextTests {
    @Test(arguments: paths()) func helpIsAsCommitted(path: [String]) throws {
        let name = (["help"] + path).joined(separator: "-") + ".txt"
        try expectSnapshot(HelpText.render(path: path, root: HyphaCommand.root), name)
    }

    @Test(arguments: paths()) func helpFitsATerminal(path: [String]) {
        let text = HelpText.render(path: path, root: HyphaCommand.root)
        for line in text.split(separator: "\n") where !line.hasPrefix("  hypha ") {
            #expect(line.count <= 80 && line.last != " ")
        }
    }

    @Test func helpOfRunStatesThePrecedenceAndOnlyWhatIsOffered() {
        let text = HelpText.render(path: ["run"], root: HyphaCommand.root)
        #expect(text.contains("Precedence: A flag goes before its environment variable"))
        // A black-box suite decides from these which cases it skips.
        for absent in ["quic://", "tls://", "--api-listen"] { #expect(!text.contains(absent)) }
    }

    @Test func everyCommandAndOptionIsExplained() {
        func check(_ command: Command) {
            #expect(!command.summary.isEmpty && !command.summary.hasSuffix("."))
            #expect(Set(command.allOptions.map(\.name)).count == command.allOptions.count)
            for option in command.options {
                #expect(!option.summary.isEmpty && !option.summary.hasSuffix("."))
            }
            command.subcommands.forEach(check)
        }
        check(HyphaCommand.root)
    }

    @Test func everyLeafHasAName() {
        func leaves(_ command: Command, _ path: [String]) -> [[String]] {
            command.subcommands.isEmpty
                ? [path] : command.subcommands.flatMap { leaves($0, path + [$0.name]) }
        }
        let found = leaves(HyphaCommand.root, [])
        #expect(found.allSatisfy { HyphaCommand.Path($0) != nil })
        #expect(found.count == HyphaCommand.Path.allCases.count)
    }

    @Test func flagsOfRunBecomeSettings() throws {
        let line = ["run", "--no-tun", "--peer", "a", "--peer=b", "--tun-name", "x", "--config=c"]
        guard
            case .invocation(let invocation) = try CommandParser.parse(
                line,
                root: HyphaCommand.root
            )
        else {
            Issue.record("no invocation")
            return
        }
        let flags = HyphaCommand.flags(of: invocation)
        #expect(flags[.tunEnabled] == [] && flags[.peers] == ["a", "b"])
        #expect(flags[.tunName] == ["x"] && flags[.listen] == nil && flags.count == 3)
    }
}
