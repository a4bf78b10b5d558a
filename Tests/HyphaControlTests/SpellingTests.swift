// SPDX-License-Identifier: Apache-2.0
import HyphaControl
import Testing

@Suite struct SpellingTests {
    private let candidates = ["listen", "peers", "tun.name", "log.level", "state-dir"]

    @Test(arguments: [
        ("lisen", "listen"), ("peer", "peers"), ("tun.nmae", "tun.name"),
        ("log.levle", "log.level"),
        ("state", "state-dir"), ("statedir", "state-dir"),
    ])
    func slipsFindWhatWasMeant(text: String, meant: String) {
        #expect(Spelling.nearest(to: text, among: candidates) == meant)
    }

    @Test(arguments: ["", "x", "colour", "lemonade", String(repeating: "a", count: 10_000)])
    func otherWordsFindNothing(text: String) {
        #expect(Spelling.nearest(to: text, among: candidates) == nil)
    }

    @Test func nothingIsNearWithoutCandidates() {
        #expect(Spelling.nearest(to: "listen", among: []) == nil)
    }
}
