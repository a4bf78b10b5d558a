// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The part of `mycelium-derived.json` that link cost needs.
struct DerivedVectors: Decodable {
    struct Arithmetic: Decodable {
        let linkCostSmoothing: Smoothing
        let staticCost: StaticCost

        enum CodingKeys: String, CodingKey {
            case linkCostSmoothing = "link_cost_smoothing"
            case staticCost = "static_cost"
        }
    }
    struct Smoothing: Decodable {
        let samples: [Int64]
        let smoothed: [Int64]
        let zeros: [Int64]
        let smoothedZeros: [Int64]
        let rising: [Int64]

        enum CodingKeys: String, CodingKey {
            case samples = "samples_ms"
            case smoothed
            case zeros = "samples_zero"
            case smoothedZeros = "smoothed_zero"
            case rising = "rising_from_0_sample_20"
        }
    }
    struct StaticCost: Decodable {
        let tcp6: UInt16
        let tcp4: UInt16

        enum CodingKeys: String, CodingKey {
            case tcp6 = "tcp_or_tls_ipv6"
            case tcp4 = "tcp_or_tls_ipv4_or_v4mapped"
        }
    }
    let arithmetic: Arithmetic

    static func load() throws -> DerivedVectors {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = folder.appending(path: "Vectors/mycelium-derived.json")
        return try JSONDecoder().decode(DerivedVectors.self, from: Data(contentsOf: file))
    }
}
