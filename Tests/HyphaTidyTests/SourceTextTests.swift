// SPDX-License-Identifier: Apache-2.0

import HyphaTidy
import Testing

@Suite struct SourceTextTests {
    private func code(_ text: String, path: String = "a.swift") -> [String] {
        SourceText(path: path, content: text).lines.map(\.code.trimmed)
    }

    @Test func insidesOfStringsAndCommentsAreNotCode() {
        #expect(code("let a = \"unsafe {\" // unsafe") == ["let a = \"        \""])
        #expect(code("/* a /* b */ c */ let d = 1") == ["let d = 1"])
        #expect(code("let a = #\"x\"y\"#; f()") == ["let a = #\"   \"#; f()"])
    }

    @Test func interpolationsAreCode() {
        #expect(code("\"a\\(f(\"x\"))b\" + c").first?.contains("f(\" \")") == true)
        #expect(code("\"a\\(b)\" + c").first?.hasSuffix("+ c") == true)
    }

    @Test func multilineStringsEndAtThreeQuotes() {
        let text = "let a = \"\"\"\n  { \"x\" {\n  \"\"\"\nf()"
        #expect(code(text) == ["let a = \"\"\"", "", "\"\"\"", "f()"])
    }

    @Test func cCharactersAreStrings() {
        #expect(code("char a = '\"'; f();", path: "a.c") == ["char a = ' '; f();"])
    }

    @Test func commentsKeepTheirText() {
        let lines = SourceText(path: "a.swift", content: "f() // why\n// TODO\n").lines
        #expect(lines.map(\.comment.trimmed) == ["// why", "// TODO"])
    }
}
