// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaForwarding
import Testing

struct CheckTests {
    private let check = AddressCheck(ownAddress: IPv6Address(high: 0x0400_0000_0000_0001, low: 9))

    private func packet(
        from source: UInt64 = 0x0400_0000_0000_0001,
        to destination: UInt64 = 0x0500_0000_0000_0002,
        hopLimit: UInt8 = 64
    ) -> [UInt8] {
        var bytes: [UInt8] = [0x60, 0, 0, 0, 0, 0, 59, hopLimit]
        for word in [source, 1, destination, 1] {
            bytes += bytes32(UInt32(word >> 32)) + bytes32(UInt32(truncatingIfNeeded: word))
        }
        return bytes
    }

    private func outbound(_ bytes: [UInt8]) -> DropReason? { check.outbound(bytes.span) }

    @Test func hostPacketsAreCheckedInTheOrderOfTheProtocol() {
        #expect(outbound(packet()) == nil)
        #expect(outbound(Array(packet()[..<39])) == .malformed)
        #expect(outbound([]) == .malformed)
        #expect(outbound([0x45] + packet()[1...]) == .notIPv6)
        #expect(outbound(packet(to: 0x0400_0000_0000_0001)) == .ownSubnet)
        #expect(outbound(packet(from: 0, to: 0x0400_0000_0000_0001, hopLimit: 0)) == .ownSubnet)
        #expect(outbound(packet(from: 0xfe80 << 48, hopLimit: 1)) == .sourceNotOverlay)
        #expect(outbound(packet(from: 0x05ff << 48)) == nil)
        #expect(outbound(packet(from: 0x0600 << 48)) == .sourceNotOverlay)
        #expect(outbound(packet(hopLimit: 1)) == .hopLimit)
        #expect(outbound(packet(hopLimit: 2)) == nil)
        #expect(outbound(packet(to: 0x2001 << 48)) == .destinationNotOverlay)
    }

    @Test func openedPacketsMustBelongToTheirKeyAndToUs() {
        func inbound(_ bytes: [UInt8], keySubnet: UInt64) -> DropReason? {
            check.inbound(bytes.span, keySubnet: keySubnet)
        }
        let own = check.ownSubnet
        #expect(inbound(packet(from: 7, to: own), keySubnet: 7) == nil)
        #expect(inbound(packet(from: 7, to: own), keySubnet: 8) == .innerMismatch)
        #expect(inbound(packet(from: 7, to: own + 1), keySubnet: 7) == .innerMismatch)
        #expect(inbound([0x40] + packet(from: 7, to: own)[1...], keySubnet: 7) == .notIPv6)
        #expect(inbound(Array(packet(from: 7, to: own)[..<39]), keySubnet: 7) == .malformed)
    }

    @Test func aHopEndsPacketsBelowTwo() {
        #expect(HopLimit.step(0) == nil)
        #expect(HopLimit.step(1) == nil)
        #expect(HopLimit.step(2) == 1)
        #expect(HopLimit.step(255) == 254)
    }

    @Test func everyDropReasonHasACounterAndANameOfItsOwn() {
        var counters = DropCounters()
        for (i, reason) in DropReason.allCases.enumerated() {
            #expect(Int(reason.rawValue) == i)
            counters.count(reason)
            counters.count(reason, packets: i)
        }
        for (i, reason) in DropReason.allCases.enumerated() {
            #expect(counters[reason] == UInt64(i + 1))
        }
        let names = DropReason.allCases.map(\.name)
        #expect(Set(names).count == names.count)
        let count = UInt64(names.count)
        #expect(counters.total == count * (count + 1) / 2)
        let snapshot = counters
        counters.add(snapshot)
        #expect(counters[.malformed] == 2 && counters.total == count * (count + 1))
        #expect(snapshot[.malformed] == 1)
    }

    @Test func limitsFitEachOther() {
        #expect(DropReason.allCases.count <= 32)
        #expect(Limits.holdBytesPerLinkMax < Limits.holdBytesForLinksMax)
        #expect(Limits.holdBytesForLinksMax < Limits.holdBytesMax)
        #expect(Limits.holdPrefixesForLinksMax < Limits.holdPrefixesMax)
        let held = 1472 + Limits.holdOverheadBytes
        #expect(Limits.holdPacketsPerPrefixMax * held < Limits.holdBytesPerLinkMax)
        #expect(Limits.segmentsPerPacketMax * 8 >= 65_535)
        #expect(Limits.largePacketBytesMax <= Limits.coalescedBytesMax)
        #expect(ICMPv6Error.byteCountMax == 1280)
    }
}
