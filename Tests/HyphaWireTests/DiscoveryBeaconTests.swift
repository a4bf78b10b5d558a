// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaWire
import Testing

@Suite struct DiscoveryBeaconTests {
    private let beacon = DiscoveryBeacon(
        port: 9651,
        routerID: RouterID(
            publicKey: PublicKey(words: (1, 2, 3, 4)),
            capabilities: 5,
            bootRandom: 0xffff_fffe
        )
    )

    @Test func aBeaconSurvivesTheWire() throws {
        let bytes = beacon.bytes
        #expect(bytes.count == DiscoveryBeacon.byteCount)
        #expect(try DiscoveryBeacon(bytes.span) == beacon)
    }

    @Test func aLongerDatagramIsCut() throws {
        let bytes = beacon.bytes + [1, 2, 3]
        #expect(try DiscoveryBeacon(bytes.span) == beacon)
    }

    @Test func aShorterDatagramIsRefused() {
        let bytes = beacon.bytes
        for count in 0..<50 {
            #expect(throws: WireError.truncated(needed: 50, available: count)) {
                try DiscoveryBeacon(bytes.span.extracting(..<count))
            }
        }
    }

    @Test func anotherMagicIsRefused() {
        for i in 0..<8 {
            var bytes = beacon.bytes
            bytes[i] ^= 0x20
            let found: UInt64 = bytes.span.bigEndian(at: 0)
            #expect(
                throws: WireError.beaconMagic(expected: 0x6d79_6365_6c69_756d, found: found)
            ) {
                try DiscoveryBeacon(bytes.span)
            }
        }
    }
}
