// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// The groups of `mycelium-derived.json` that this module answers for.
struct DerivedVectors: Decodable {
    struct Identity: Decodable {
        let id: String
        let public_key: String
        let address: String
        let address_bytes: String
        let node_subnet: String
        let node_subnet_wire_prefix: String
    }
    struct PublicKeyOnly: Decodable {
        let public_key: String
        let address_by_v0_7_10_code: String
        let STALE_address_printed_in_docs: String
    }
    struct RouterIDText: Decodable {
        let zone: String
        let random: String
        let router_id: String
        let printed: String
    }
    struct MetricSum: Decodable {
        let a: UInt16
        let b: UInt16
        let sum: UInt16
    }
    struct SeqnoComparison: Decodable {
        let a: UInt16
        let b: UInt16
        let a_lt_b: Bool
        let a_gt_b: Bool
    }
    struct Arithmetic: Decodable {
        let metric_add: [MetricSum]
        let seqno_compare: [SeqnoComparison]
    }

    let identity: [Identity]
    let identity_public_key_only: [PublicKeyOnly]
    let router_ids: [RouterIDText]
    let arithmetic: Arithmetic

    static func load() throws -> DerivedVectors {
        let url = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Vectors/mycelium-derived.json")
        return try JSONDecoder().decode(DerivedVectors.self, from: Data(contentsOf: url))
    }
}
