// SPDX-License-Identifier: Apache-2.0

import HyphaTidy
import Testing

@Suite struct RuleTests {
    private func source(
        _ text: String,
        path: String = "Sources/HyphaRouting/A.swift"
    )
        -> SourceText
    {
        SourceText(path: path, content: text)
    }

    private func rules(_ violations: [Violation]) -> [String] { violations.map(\.rule) }

    @Test func functionsAreMeasuredFromDeclarationToBrace() {
        let text = """
            protocol P {
                func required()
            }
            struct S {
                init(_ a: () -> Void = { }) {
                    self.init(1)
                }
                func f(
                    a: Int
                ) -> Int {
                    [1].map { $0 }.count
                }
            }
            """
        let found = Lengths.swiftFunctions(source(text))
        #expect(found == [.init(firstLine: 5, lineCount: 3), .init(firstLine: 8, lineCount: 5)])
    }

    @Test func longFunctionsAndFilesAreReported() {
        let long = "func f() {\n" + String(repeating: "g()\n", count: 69) + "}\n"
        #expect(rules(Lengths.check(source(long))) == ["function-length"])
        let fits = "func f() {\n" + String(repeating: "g()\n", count: 68) + "}\n"
        #expect(Lengths.check(source(fits)).isEmpty)
        #expect(
            rules(Lengths.check(source(String(repeating: "\n", count: 501)))) == ["file-length"]
        )
        let inC = "int f(void)\n{\n" + String(repeating: "g();\n", count: 70) + "}\n"
        #expect(rules(Lengths.check(source(inC, path: "Sources/C/a.c"))) == ["function-length"])
    }

    @Test func pureModulesImportOnlyWhatTheTableAllows() {
        #expect(ModuleRules.checkImports(source("package import HyphaWire\n")).isEmpty)
        #expect(rules(ModuleRules.checkImports(source("import Glibc\n"))) == ["import"])
        #expect(
            rules(ModuleRules.checkImports(source("import struct Foundation.Date"))) == ["import"]
        )
        let edge = source("import Glibc\n", path: "Sources/HyphaLinux/A.swift")
        #expect(ModuleRules.checkImports(edge).isEmpty)
        #expect(ModuleRules.checkImports(source("// import Glibc\n")).isEmpty)
    }

    @Test func targetsKeepToTheLayers() {
        let target = ManifestTarget(name: "HyphaWire", dependencies: ["HyphaBase", "HyphaLinux"])
        #expect(rules(ModuleRules.checkGraph([target])) == ["target-edge"])
        let edge = ManifestTarget(name: "HyphaLinux", dependencies: ["HyphaBase", "HyphaDaemon"])
        #expect(rules(ModuleRules.checkGraph([edge])) == ["target-edge"])
    }

    @Test func unsafeCodeNeedsAListedFileAndAnArgument() {
        let path = "Sources/HyphaBytes/Slab.swift"
        let bare = source("let a = unsafe b\n", path: path)
        let argued = source("// Safe: checked.\nlet a = unsafe b\n", path: path)
        #expect(rules(UnsafeUse(allowlist: []).check(argued)) == ["unsafe-file"])
        #expect(rules(UnsafeUse(allowlist: [path]).check(bare)) == ["unsafe-argument"])
        #expect(UnsafeUse(allowlist: [path]).check(argued).isEmpty)
        #expect(UnsafeUse(allowlist: []).check(source("// unsafe\n", path: path)).isEmpty)
        #expect(rules(UnsafeUse(allowlist: [path]).checkUnused([])) == ["unsafe-unused"])
    }

    @Test func ratchetsMayOnlyGoDown() {
        let text = source("final class A: @unchecked Sendable {}\nnonisolated(unsafe) var b = 1\n")
        #expect(Ratchets.counts([text])["unchecked-sendable"] == 1)
        #expect(
            rules(Ratchets(text: "unchecked-sendable 1\nnonisolated-unsafe 0 # none").check([text]))
                == ["nonisolated-unsafe"]
        )
    }

    @Test(arguments: [
        "let a = Date()", "let a = Int.random(in: 0..<9)", "print(1)", "Task { f() }",
        "try! f()", "let a = b as! C", "public func f() {}", "let a = X.shared",
    ])
    func bannedCallsAreReported(line: String) {
        #expect(rules(BannedCalls.check(source(line + "\n"))) == ["banned"])
    }

    @Test(arguments: [
        "let a = Int.random(in: 0..<9, using: &random)", "footprint(1)", "let shared = 1",
        "// print(1)", "let a = \"try!\"",
    ])
    func lookalikesAreNotReported(line: String) {
        #expect(BannedCalls.check(source(line + "\n")).isEmpty)
    }

    @Test func loopsInHashOrderAreReported() {
        let text = "var routes: [Prefix: Int] = [:]\n"
        #expect(rules(BannedCalls.check(source(text + "for (a, b) in routes {"))) == ["hash-order"])
        #expect(
            rules(BannedCalls.check(source(text + "for a in self.routes.keys {"))) == ["hash-order"]
        )
        #expect(BannedCalls.check(source(text + "for a in routes.keys.sorted() {")).isEmpty)
        #expect(
            BannedCalls.check(source(text + "// Order: a sum.\nfor a in routes.keys {")).isEmpty
        )
    }

    @Test func commentsDescribeTheCode() {
        let check = { Comments.checkWords(source($0), roadmap: "see Sources/HyphaRouting/B.swift") }
        #expect(rules(check("// We now retry.\n")) == ["comment-word"])
        #expect(rules(check("// TODO: more\n")) == ["todo"])
        #expect(check("// The link is gone for nowadays' reasons.\n").isEmpty)
        #expect(check("let text = \"TODO\"\n").isEmpty)
    }

    @Test func packageDeclarationsAreDocumented() {
        #expect(
            rules(Comments.checkDocumented(source("package func f() {}\n"))) == ["undocumented"]
        )
        #expect(Comments.checkDocumented(source("package let a = 1\n")).isEmpty)
        let documented = "/// The first.\n@inlinable\npackage static func f() {}\n"
        #expect(Comments.checkDocumented(source(documented)).isEmpty)
        #expect(Comments.checkDocumented(source("package import HyphaBase\n")).isEmpty)
    }

    @Test func linksLeadSomewhere() {
        let text = "# One two\n[a](b.md) [c](#one-two) [d](#three) `[e](f)` [g](https://h)\n"
        let found = Markdown.check(
            path: "Docs/x.md",
            text: text,
            exists: { $0 == "Docs/x.md" },
            contents: { _ in nil }
        )
        #expect(
            found.map(\.reason) == ["Docs/b.md does not exist", "Docs/x.md has no heading #three"]
        )
        #expect(Markdown.resolve("../README.md", from: "Docs/x.md") == "README.md")
    }

    @Test func shapesOfFilesAreChecked() {
        #expect(rules(Shape.check(path: "Docs/a b.md", byteCount: 1)) == ["path"])
        #expect(rules(Shape.check(path: "Docs/a.md", byteCount: 300_000)) == ["file-size"])
        #expect(Shape.check(path: "Tests/Vectors/a.json", byteCount: 300_000).isEmpty)
        #expect(rules(Shape.checkLicence(path: "a.swift", text: "import A\n")) == ["licence"])
        let script = "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n"
        #expect(Shape.checkLicence(path: "a.sh", text: script).isEmpty)
    }
}
