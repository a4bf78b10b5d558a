// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import Testing

@Suite struct RouterIDTests {
    @Test func textIsKeyZoneAndTail() throws {
        let vectors = try DerivedVectors.load().router_ids
        #expect(vectors.count == 4)
        for vector in vectors {
            let key = try #require(PublicKey(hexadecimal: String(vector.router_id.prefix(64))))
            let zone = try #require(UInt16(vector.zone, radix: 16))
            let tail = try #require(UInt64(vector.random, radix: 16))
            let id = RouterID(publicKey: key, zone: zone, tail: tail)
            #expect("\(id)" == vector.printed)
            #expect(id.isHypha == (zone == 0x4879))
        }
    }

    @Test func aHyphaIDCarriesCapabilitiesAndBootRandom() {
        let key = PublicKey(words: (0, 0, 0, 0))
        let id = RouterID(publicKey: key, capabilities: 0x8001, bootRandom: 0xdead_beef)
        #expect(id.isHypha)
        #expect(id.capabilities == 0x8001)
        #expect(id.tail == 0x8001_dead_beef)
        #expect("\(id)".hasSuffix("-4879-8001deadbeef"))
    }

    @Test func tailsHaveSixBytes() {
        let id = RouterID(publicKey: PublicKey(words: (0, 0, 0, 0)), zone: 0, tail: .max)
        #expect(id.tail == 0xffff_ffff_ffff)
    }
}
