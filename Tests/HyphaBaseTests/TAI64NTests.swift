// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import Testing

@Suite struct TAI64NTests {
    @Test func theBytesAreBigEndian() throws {
        let time = TAI64N(seconds: 0x0102_0304_0506_0708, nanoseconds: 0x090a_0b0c)
        #expect(time.bytes == Array(1...12))
        #expect(TAI64N(time.bytes.span) == time)
        for count in [0, 11, 13] {
            #expect(TAI64N([UInt8](repeating: 0, count: count).span) == nil)
        }
        #expect(TAI64N(unixSeconds: 0, nanoseconds: 0).seconds == (1 << 62) + 10)
    }

    @Test func theOrderIsThatOfTheBytes() {
        let times = [
            TAI64N(seconds: 0, nanoseconds: 0), TAI64N(seconds: 0, nanoseconds: 1),
            TAI64N(seconds: 1, nanoseconds: 0), TAI64N(seconds: .max, nanoseconds: .max),
        ]
        for i in times.indices {
            for j in times.indices { #expect((times[i] < times[j]) == (i < j)) }
        }
    }

    @Test func theNextTimeIsLater() {
        let last = TAI64N(seconds: .max, nanoseconds: 999_999_999)
        for time in [
            TAI64N(seconds: 0, nanoseconds: 0), TAI64N(seconds: 7, nanoseconds: 999_999_999),
            TAI64N(seconds: 7, nanoseconds: .max), TAI64N(seconds: .max, nanoseconds: 3),
        ] {
            #expect(time.next > time && time.next.nanoseconds <= 999_999_999)
        }
        #expect(last.next == last)
    }
}
