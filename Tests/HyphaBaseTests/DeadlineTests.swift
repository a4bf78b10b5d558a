// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import Testing

@Suite struct DeadlineTests {
    @Test func theEarlierOneWinsAndTheFirstOnATie() {
        let first = Deadline(Instant(nanoseconds: 5), "first")
        let tied = Deadline(Instant(nanoseconds: 5), "tied")
        let later = Deadline(Instant(nanoseconds: 6), "later")
        #expect(Deadline.earlier(first, tied) == first)
        #expect(Deadline.earlier(later, first) == first)
        #expect(Deadline.earlier(nil, later) == later)
        #expect(Deadline.earlier(later, nil) == later)
        #expect(Deadline.earlier(nil, nil) == nil)
        #expect("\(first.reason)" == "first")
    }
}
