// SPDX-License-Identifier: Apache-2.0
import HyphaBytes
import HyphaCrypto
import Testing

@Suite struct SecretBytesRandomTests {
    @Test func randomSecretsDiffer() {
        let isEqual = SecretBytes.random(byteCount: 32).isEqual(to: .random(byteCount: 32))
        #expect(!isEqual)
    }
}
