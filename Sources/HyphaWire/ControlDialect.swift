// SPDX-License-Identifier: Apache-2.0
import HyphaBytes

/// Which sub-TLVs are written and understood on a link (`Docs/protocol/hypha.md` section 5).
package enum ControlDialect: Hashable, Sendable {
    /// None: what every Mycelium node speaks.
    case base
    /// Those of Hypha, on links between two Hypha nodes.
    case hypha
}

/// The sub-TLVs that this version understands (`Docs/protocol/hypha.md` section 5).
///
/// A type of 128 or more is mandatory: who does not know it ignores the TLV around it (RFC 8966
/// section 4.4).
enum SubTLVType: UInt8 {
    /// In an Update: the greatest inner packet that the path takes whole, 2 bytes.
    case pathMTU = 112
}

extension ControlTLV {
    /// Takes what the sub-TLVs say; `nil` when the TLV around them is to be ignored.
    ///
    /// Unknown ones are skipped unless they are mandatory, known ones of a wrong size as well; the
    /// first of a type counts. Bytes that are no sub-TLVs make the TLV ignored.
    func applying(subTLVs bytes: Span<UInt8>) -> ControlTLV? {
        guard !TLVCursor.hasMandatory(bytes) else { return nil }
        guard case .update(var update) = self else { return self }
        var cursor = TLVCursor(bytes)
        do throws(WireError) {
            while let view = try cursor.next() {
                guard let type = SubTLVType(rawValue: view.type) else { continue }
                switch type {
                case .pathMTU:
                    guard view.value.count == 2, update.pathMTU == nil else { continue }
                    update.pathMTU = view.value.bigEndian(at: 0)
                }
            }
        } catch {
            return nil
        }
        return .update(update)
    }

    /// Appends the sub-TLVs that a Hypha neighbour is told.
    func appendSubTLVs(to buffer: inout [UInt8]) {
        guard case .update(let update) = self, let pathMTU = update.pathMTU else { return }
        buffer += [SubTLVType.pathMTU.rawValue, 2]
        buffer.appendBigEndian(pathMTU)
    }
}
