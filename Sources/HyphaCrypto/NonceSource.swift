// SPDX-License-Identifier: Apache-2.0
package import HyphaSession

/// Random nonces, drawn from the kernel many at a time; one source a thread.
package struct NonceSource: ~Copyable {
    /// Three words a nonce.
    private var words: [UInt32]
    private var next = 0

    /// Nonces drawn with one system call.
    package static let nonceCountPerDraw = 340

    package init() {
        words = [UInt32](repeating: 0, count: Self.nonceCountPerDraw * 3)
        next = words.count
    }

    /// The next nonce; allocates nothing.
    package mutating func draw() -> Nonce {
        if next == words.count {
            Entropy.fill(&words)
            next = 0
        }
        let nonce = Nonce(
            high: UInt64(words[next]) << 32 | UInt64(words[next + 1]),
            low: words[next + 2]
        )
        next += 3
        return nonce
    }
}
