// SPDX-License-Identifier: Apache-2.0
import Foundation
import HyphaCommandLine
import Testing

private func isInstalled(_ shell: CompletionScript.Shell) -> Bool {
    FileManager.default.isExecutableFile(atPath: "/usr/bin/\(shell.rawValue)")
}

@Suite struct CompletionScriptTests {
    @Test(arguments: CompletionScript.Shell.allCases)
    func scriptsAreAsCommitted(shell: CompletionScript.Shell) throws {
        try expectSnapshot(
            CompletionScript.render(for: shell, root: HyphaCommand.root),
            "completion.\(shell.rawValue)"
        )
    }

    @Test(arguments: CompletionScript.Shell.allCases.filter(isInstalled))
    func theShellTakesItsScript(shell: CompletionScript.Shell) throws {
        let script = CompletionScript.render(for: shell, root: HyphaCommand.root)
        let flags = shell == .fish ? ["--no-config", "--no-execute"] : ["-n"]
        let result = try run("/usr/bin/\(shell.rawValue)", flags, script)
        #expect(result.status == 0 && result.output.isEmpty)
    }

    @Test(arguments: CompletionScript.Shell.allCases)
    func hiddenCommandsAreNotOffered(shell: CompletionScript.Shell) {
        let script = CompletionScript.render(for: shell, root: HyphaCommand.root)
        #expect(!script.contains("hypha generate man"))
    }

    @Test(
        .enabled(if: isInstalled(.bash)),
        arguments: [
            ("hypha p", "peers"), ("hypha peers re", "remove"),
            ("hypha run --log-l", "--log-level"),
            ("hypha run --log-level w", "warning"), ("hypha run --log-level = tr", "trace"),
            ("hypha routes q", "queried"), ("hypha run --peer ", ""),
            ("hypha run --log-format json --no-dis", "--no-discovery"),
        ]
    )
    func bashCompletes(line: String, expected: String) throws {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        let script = """
            \(CompletionScript.render(for: .bash, root: HyphaCommand.root))
            compopt() { :; }
            COMP_WORDS=(\(words.map { "'\($0)'" }.joined(separator: " ")))
            COMP_CWORD=\(words.count - 1)
            _hypha
            echo "${COMPREPLY[*]}"
            """
        let result = try run("/usr/bin/bash", ["--norc"], script)
        #expect(result.output == expected + "\n")
    }

    @Test(
        .enabled(if: isInstalled(.fish)),
        arguments: [
            ("hypha p", "peers"), ("hypha peers re", "remove"),
            ("hypha run --log-level w", "warning"),
            ("hypha routes q", "queried"), ("hypha run --no-dis", "--no-discovery"),
        ]
    )
    func fishCompletes(line: String, expected: String) throws {
        let script = """
            \(CompletionScript.render(for: .fish, root: HyphaCommand.root))
            complete --do-complete '\(line)'
            """
        let result = try run("/usr/bin/fish", ["--no-config"], script)
        #expect(result.output.split { "\t\n".contains($0) }.first.map(String.init) == expected)
    }
}
