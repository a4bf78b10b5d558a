// SPDX-License-Identifier: Apache-2.0
import Foundation
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaSession
import Testing

enum Vectors {
    /// Decodes a file below `Tests/Vectors`.
    static func load<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
        let url = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Vectors/\(name)")
        return try JSONDecoder().decode(type, from: Data(contentsOf: url))
    }
}

/// The bytes of hexadecimal text in a vector.
func bytes(_ text: String) throws -> [UInt8] { try #require(Hexadecimal.bytes(text)) }

func secret(_ bytes: [UInt8]) -> SecretBytes { SecretBytes(copying: bytes.span) }

func identity(_ hexadecimal: String) throws -> NodeIdentity {
    let secret = try secret(bytes(hexadecimal))
    let node = NodeIdentity(secret: secret)
    return try #require(node)
}

struct NothingThere: Error {}

/// As `#require`, which takes no values that cannot be copied.
func require<Value: ~Copyable>(_ value: consuming Value?) throws -> Value {
    switch consume value {
    case .some(let value): return value
    case .none: throw NothingThere()
    }
}

func nonce(_ bytes: [UInt8]) -> Nonce { Nonce(readFrom: bytes.span, at: 0) }

/// The backends that this machine has; both where libipsec-mb is installed.
let usableBackends: [CryptoBackend] = CryptoBackend.allCases.filter { backend in
    (try? backend.check()) != nil
}

/// A cipher on arrays, in a class because `#expect` takes neither owned nor mutable values.
final class TestCipher {
    private var cipher: PacketCipher

    init(key: [UInt8], backend: CryptoBackend) throws {
        cipher = try require(PacketCipher(key: secret(key), backend: backend))
    }

    func seal(
        _ text: [UInt8],
        _ nonce: Nonce,
        _ aad: [UInt8] = [],
        into memory: inout [UInt8]
    ) -> Bool {
        var span = memory.mutableSpan
        return cipher.seal(text.span, nonce: nonce, additionalData: aad.span, into: &span)
    }

    func open(
        _ text: [UInt8],
        _ nonce: Nonce,
        _ aad: [UInt8] = [],
        into memory: inout [UInt8]
    ) -> Bool {
        var span = memory.mutableSpan
        return cipher.open(text.span, nonce: nonce, additionalData: aad.span, into: &span)
    }

    /// Ciphertext ‖ tag, or `nil`; into other memory.
    func sealed(_ text: [UInt8], _ nonce: Nonce, _ aad: [UInt8] = []) -> [UInt8]? {
        var output = [UInt8](repeating: 0xcc, count: text.count + 16)
        let isSealed = seal(text, nonce, aad, into: &output)
        return isSealed ? output : nil
    }

    /// The same in place.
    func sealedInPlace(_ text: [UInt8], _ nonce: Nonce, _ aad: [UInt8] = []) -> [UInt8]? {
        var memory = text + [UInt8](repeating: 0xcc, count: 16)
        var span = memory.mutableSpan
        let isSealed = cipher.seal(inPlace: &span, nonce: nonce, additionalData: aad.span)
        return isSealed ? memory : nil
    }

    /// Whether the text was genuine, and the output memory.
    func opened(_ text: [UInt8], _ nonce: Nonce, _ aad: [UInt8] = []) -> ([UInt8], Bool) {
        var output = [UInt8](repeating: 0xcc, count: max(0, text.count - 16))
        let isGenuine = open(text, nonce, aad, into: &output)
        return (output, isGenuine)
    }

    /// The same in place.
    func openedInPlace(
        _ text: [UInt8],
        _ nonce: Nonce,
        _ aad: [UInt8] = []
    ) -> ([UInt8], Bool) {
        var memory = text
        var span = memory.mutableSpan
        let isGenuine = cipher.open(inPlace: &span, nonce: nonce, additionalData: aad.span)
        return (Array(memory.prefix(max(0, text.count - 16))), isGenuine)
    }
}

/// Random bytes that are written down beforehand, each used once and in order.
final class ScriptedRandom {
    private var values: [[UInt8]]

    init(_ values: [String]) throws { self.values = try values.map { try bytes($0) } }

    /// The next value; another size than asked for, or none left, is a mistake of the test.
    func next(_ byteCount: Int) -> SecretBytes {
        precondition(values.first?.count == byteCount, "not the random bytes that come next")
        return secret(values.removeFirst())
    }
}

/// Both keys of a session in hexadecimal, the sending one first.
func text(_ keys: SessionKeys) -> [String] {
    [
        keys.sending.withBytes { Hexadecimal.text(Array(copying: $0)) },
        keys.receiving.withBytes { Hexadecimal.text(Array(copying: $0)) },
    ]
}
