// SPDX-License-Identifier: Apache-2.0

/// One type-length-value element inside borrowed bytes.
struct TLVView: ~Escapable {
    let type: UInt8
    let value: Span<UInt8>

    @_lifetime(copy value)
    init(type: UInt8, value: Span<UInt8>) {
        self.type = type
        self.value = value
    }
}

/// Walks over the TLVs of a packet body, or the sub-TLVs of a TLV (RFC 8966 sections 4.3, 4.4).
struct TLVCursor: ~Escapable {
    private var rest: Span<UInt8>

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) { rest = bytes }

    /// The next element, or `nil` at the end.
    @_lifetime(copy self)
    mutating func next() throws(WireError) -> TLVView? {
        guard !rest.isEmpty else { return nil }
        let type = rest[0]
        // Pad1 is a single byte without a length.
        guard type != 0 else {
            rest = rest.extracting(1...)
            return TLVView(type: type, value: rest.extracting(..<0))
        }
        guard rest.count >= 2 else { throw .truncated(needed: 2, available: rest.count) }
        let end = 2 + Int(rest[1])
        guard rest.count >= end else { throw .truncated(needed: end, available: rest.count) }
        let value = rest.extracting(2..<end)
        rest = rest.extracting(end...)
        return TLVView(type: type, value: value)
    }

    /// Whether `bytes` hold a sub-TLV that must be understood or else the TLV around it ignored.
    ///
    /// No sub-TLV is known to this version. What does not parse as sub-TLVs is trailing bytes of
    /// no meaning; a mandatory type counts even if its value is cut.
    static func hasMandatory(_ bytes: Span<UInt8>) -> Bool {
        var cursor = TLVCursor(bytes)
        while !cursor.rest.isEmpty {
            if cursor.rest[0] & 0x80 != 0 { return true }
            do {
                _ = try cursor.next()
            } catch {
                return false
            }
        }
        return false
    }
}
