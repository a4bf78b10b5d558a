// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import Testing

@Suite struct SocketAddressTests {
    @Test func mappedAddressesAreIPv4() throws {
        let mapped = try #require(IPv6Address("::ffff:1.2.3.4"))
        let address = SocketAddress(host: .v6(mapped, scope: 0), port: 5)
        #expect(address.isIPv4)
        #expect("\(address)" == "1.2.3.4:5")
        let almost = try #require(IPv6Address("::1:ffff:1.2.3.4"))
        #expect(!SocketAddress(host: .v6(almost, scope: 0), port: 5).isIPv4)
    }

    @Test func textHasBracketsAndScope() throws {
        let local = try #require(IPv6Address("fe80::1"))
        #expect("\(SocketAddress(host: .v6(local, scope: 3), port: 5))" == "[fe80::1%3]:5")
        #expect("\(SocketAddress(host: .v6(local, scope: 0), port: 5))" == "[fe80::1]:5")
    }
}
