// SPDX-License-Identifier: Apache-2.0
import Foundation
import HyphaCommandLine
import Testing

private let pages =
    ManualPage.pages(of: HyphaCommand.root, version: "1.2.3")
    + [ConfigurationManual.page(version: "1.2.3")]

@Suite struct ManualPageTests {
    @Test func everyVisibleCommandHasAPage() {
        let names = pages.map(\.fileName)
        #expect(names.first == "hypha.1")
        for name in ["hypha-run.1", "hypha-peers-add.1", "hypha-config-check.1", "hypha.toml.5"] {
            #expect(names.contains(name))
        }
        #expect(!names.contains { $0.contains("generate.") && !$0.contains("key") })
        #expect(Set(names).count == names.count)
        #expect(pages.map(\.section) == names.map { $0.hasSuffix(".5") ? "5" : "1" })
    }

    @Test(arguments: ["hypha.1", "hypha-run.1", "hypha-peers-add.1", "hypha.toml.5"])
    func pagesAreAsCommitted(name: String) throws {
        let page = try #require(pages.first { $0.fileName == name })
        try expectSnapshot(page.text, name)
    }

    @Test func textNeverBecomesAMacro() {
        for page in pages {
            for line in page.text.split(separator: "\n") where line.first == "." {
                #expect(
                    [".TH", ".SH", ".PP", ".TP", ".EX", ".EE"].contains { line.hasPrefix($0) },
                    "\(page.fileName): \(line)"
                )
            }
        }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/groff")))
    func groffHasNothingToSay() throws {
        for page in pages {
            let result = try run("/usr/bin/groff", ["-man", "-Tutf8", "-ww", "-z"], page.text)
            #expect(result.status == 0 && result.output.isEmpty, "\(page.fileName)")
        }
    }

    @Test func theExampleNamesEveryKey() {
        let text = ConfigurationManual.example.joined(separator: "\n")
        for key in ["state-dir", "tun.name", "log.format"] { #expect(text.contains("#\(key) = ")) }
    }
}
