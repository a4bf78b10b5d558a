// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// `Tests/Vectors/published/mlkem768.json`; its `note` says what the fields mean.
struct MLKEM768Vectors: Decodable {
    struct KeyGeneration: Decodable { let d, z, ek, dk: String }
    struct Encapsulation: Decodable { let ek, m, c, K: String }
    struct Decapsulation: Decodable {
        let d, z, result, K: String?
        let dk, c: String
    }
    struct SeedDecapsulation: Decodable {
        let seed, c: String
        let ek_sha256, K, result: String?
    }
    struct EncapsulationKeyCheck: Decodable {
        let valid: Bool
        let ek: String
    }
    struct DecapsulationKeyCheck: Decodable {
        let valid: Bool
        let dk: String
    }
    struct Modulus: Decodable {
        let count: Int
        let base_ek: String
    }
    struct Unlucky: Decodable { let ek, m, c, K, dk: String }
    struct Accumulated: Decodable { let n_100, n_10000: String }
    /// An offset and the bytes to put there.
    struct Patch: Decodable {
        let offset: Int
        let bytes: [UInt8]

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            offset = try values.decode(Int.self)
            bytes = try bytesOfHexadecimal(values.decode(String.self))
        }
    }

    let keygen: [KeyGeneration]
    let encaps: [Encapsulation]
    let decaps: [Decapsulation]
    let decaps_seed: [SeedDecapsulation]
    let ek_check: [EncapsulationKeyCheck]
    let dk_check: [DecapsulationKeyCheck]
    let ek_modulus: Modulus
    let ek_modulus_patches: [[Patch]]
    let unlucky: [Unlucky]
    let accumulated: Accumulated

    static func load() throws -> MLKEM768Vectors {
        let url = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Vectors/published/mlkem768.json")
        return try JSONDecoder().decode(MLKEM768Vectors.self, from: Data(contentsOf: url))
    }
}

struct NotHexadecimal: Error {}

/// The bytes that pairs of hexadecimal digits stand for.
func bytesOfHexadecimal(_ text: String) throws -> [UInt8] {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { throw NotHexadecimal() }
    func value(_ digit: UInt8) throws -> UInt8 {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: throw NotHexadecimal()
        }
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 2)
    for i in stride(from: 0, to: digits.count, by: 2) {
        bytes.append(try value(digits[i]) << 4 | value(digits[i + 1]))
    }
    return bytes
}
