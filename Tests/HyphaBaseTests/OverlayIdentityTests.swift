// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import Testing

@Suite struct OverlayIdentityTests {
    @Test func addressesFollowFromPublicKeys() throws {
        let vectors = try DerivedVectors.load().identity
        #expect(vectors.count == 8)
        for vector in vectors {
            let key = try #require(PublicKey(hexadecimal: vector.public_key))
            let address = IPv6Address(derivedFrom: key)
            #expect("\(address)" == vector.address)
            #expect(Hexadecimal.text(address.bytes) == vector.address_bytes)
            #expect(address.isOverlay)
            let subnet = Prefix(subnetOf: address)
            #expect("\(subnet)" == vector.node_subnet)
            let wire = Hexadecimal.text(subnet.address.bytes.prefix(8))
            #expect(wire == vector.node_subnet_wire_prefix)
            #expect(subnet.contains(address))
        }
    }

    @Test func addressesPrintedByOldDocumentationAreNotTheRule() throws {
        let vectors = try DerivedVectors.load().identity_public_key_only
        #expect(vectors.count == 4)
        for vector in vectors {
            let key = try #require(PublicKey(hexadecimal: vector.public_key))
            let address = IPv6Address(derivedFrom: key)
            #expect("\(address)" == vector.address_by_v0_7_10_code)
            #expect("\(address)" != vector.STALE_address_printed_in_docs)
        }
    }

    @Test func twoEncodingsOfOnePointAreTwoIdentities() {
        let words: (UInt64, UInt64, UInt64, UInt64) = (1, 2, 3, 4)
        let one = PublicKey(words: words)
        let other = PublicKey(words: (1, 2, 3, 4 | 0x80))
        #expect(one != other)
        #expect(IPv6Address(derivedFrom: one) != IPv6Address(derivedFrom: other))
    }
}
