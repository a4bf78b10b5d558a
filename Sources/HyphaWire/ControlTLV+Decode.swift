// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// The TLV types of the base (section 5.1); all others are skipped.
enum TLVType: UInt8 {
    case hello = 4
    case ihu = 5
    case update = 8
    case routeRequest = 9
    case seqnoRequest = 10
}

extension ControlTLV {
    /// The value of a TLV, or `nil` when the TLV is to be skipped: unknown type or address
    /// encoding, a mandatory sub-TLV, or a seqno request whose hops are used up.
    static func decode(
        _ view: borrowing TLVView,
        as dialect: ControlDialect
    ) throws(WireError) -> ControlTLV? {
        guard let type = TLVType(rawValue: view.type) else { return nil }
        var reader = FieldReader(view.value)
        let tlv: ControlTLV?
        switch type {
        case .hello: tlv = try reader.hello()
        case .ihu: tlv = try reader.ihu()
        case .update: tlv = try reader.update()
        case .routeRequest: tlv = try reader.routeRequest()
        case .seqnoRequest: tlv = try reader.seqnoRequest()
        }
        // RFC 8966 section 4.4: sub-TLVs follow the fields.
        switch dialect {
        case .base: return TLVCursor.hasMandatory(reader.rest) ? nil : tlv
        case .hypha: return tlv?.applying(subTLVs: reader.rest)
        }
    }
}

extension FieldReader {
    fileprivate mutating func hello() throws(WireError) -> ControlTLV {
        .hello(
            Hello(
                flags: try integer(UInt16.self) & 0x8000,
                seqno: Seqno(try integer()),
                intervalCentiseconds: try integer()
            )
        )
    }

    fileprivate mutating func ihu() throws(WireError) -> ControlTLV? {
        let encoding: UInt8 = try integer()
        try skip(1)
        let rxCost = Metric(try integer())
        let interval: UInt16 = try integer()
        guard let address = try address(encoding: encoding) else { return nil }
        return .ihu(IHU(address: address, rxCost: rxCost, intervalCentiseconds: interval))
    }

    fileprivate mutating func update() throws(WireError) -> ControlTLV? {
        let encoding: UInt8 = try integer()
        let flags: UInt8 = try integer()
        let length: UInt8 = try integer()
        // The omitted byte: prefixes are never compressed across TLVs.
        try skip(1)
        let interval: UInt16 = try integer()
        let seqno = Seqno(try integer())
        let metric = Metric(try integer())
        guard let prefix = try prefix(encoding: encoding, length: length) else { return nil }
        return .update(
            Update(
                flags: flags & 0xc0,
                intervalCentiseconds: interval,
                seqno: seqno,
                metric: metric,
                prefix: prefix,
                routerID: try routerID()
            )
        )
    }

    fileprivate mutating func routeRequest() throws(WireError) -> ControlTLV? {
        let generation: UInt8 = try integer()
        let encoding: UInt8 = try integer()
        let length: UInt8 = try integer()
        // The base does not look at the length of a wildcard here, and a dump is a dump.
        let used = encoding == AddressEncoding.wildcard.rawValue ? 0 : length
        guard let prefix = try prefix(encoding: encoding, length: used) else { return nil }
        return .routeRequest(RouteRequest(generation: generation, prefix: prefix))
    }

    fileprivate mutating func seqnoRequest() throws(WireError) -> ControlTLV? {
        let encoding: UInt8 = try integer()
        let length: UInt8 = try integer()
        let seqno = Seqno(try integer())
        let hopCount: UInt8 = try integer()
        try skip(1)
        let routerID = try routerID()
        guard let prefix = try prefix(encoding: encoding, length: length), hopCount > 0 else {
            return nil
        }
        return .seqnoRequest(
            SeqnoRequest(seqno: seqno, hopCount: hopCount, routerID: routerID, prefix: prefix)
        )
    }
}
