// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaCrypto
import HyphaSession
import Testing

@Suite(.serialized) struct CryptoBackendTests {
    @Test func openSSLIsAlwaysUsable() {
        #expect(throws: Never.self) { try CryptoBackend.openSSL.check() }
    }

    @Test func namesAreThoseOfTheConfiguration() {
        #expect(CryptoBackend.Choice(name: "auto") == .automatic)
        #expect(CryptoBackend.Choice(name: "ipsec-mb") == .forced(.ipsecMB))
        #expect(CryptoBackend.Choice(name: "openssl") == .forced(.openSSL))
        #expect(CryptoBackend.Choice(name: "OpenSSL") == nil)
        #expect(CryptoBackend.Choice(name: "") == nil)
    }

    @Test func theChoiceIsVisibleAndTheFastOneComesFirst() throws {
        for backend in usableBackends {
            try CryptoBackend.choose(.forced(backend))
            #expect(CryptoBackend.current == backend)
        }
        try CryptoBackend.choose(.automatic)
        #expect(CryptoBackend.current == usableBackends.first)
    }
}
