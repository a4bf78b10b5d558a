// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes

extension ControlTLV {
    var type: TLVType {
        switch self {
        case .hello: .hello
        case .ihu: .ihu
        case .update: .update
        case .routeRequest: .routeRequest
        case .seqnoRequest: .seqnoRequest
        }
    }

    /// Appends the value, without type and length (base protocol section 5.4).
    func appendValue(to buffer: inout [UInt8]) {
        switch self {
        case .hello(let hello):
            buffer.appendBigEndian(hello.flags)
            buffer.appendBigEndian(hello.seqno.value)
            buffer.appendBigEndian(hello.intervalCentiseconds)
        case .ihu(let ihu):
            buffer += [ihu.address.encoding.rawValue, 0]
            buffer.appendBigEndian(ihu.rxCost.value)
            buffer.appendBigEndian(ihu.intervalCentiseconds)
            ihu.address.appendAddress(to: &buffer)
        case .update(let update):
            buffer += [update.prefix.encoding.rawValue, update.flags, update.prefix.length, 0]
            buffer.appendBigEndian(update.intervalCentiseconds)
            buffer.appendBigEndian(update.seqno.value)
            buffer.appendBigEndian(update.metric.value)
            update.prefix.appendPrefix(to: &buffer)
            buffer.append(update.routerID)
        case .routeRequest(let request):
            buffer += [request.generation, request.prefix.encoding.rawValue]
            buffer.append(request.prefix.length)
            request.prefix.appendPrefix(to: &buffer)
        case .seqnoRequest(let request):
            buffer += [request.prefix.encoding.rawValue, request.prefix.length]
            buffer.appendBigEndian(request.seqno.value)
            buffer += [request.hopCount, 0]
            buffer.append(request.routerID)
            request.prefix.appendPrefix(to: &buffer)
        }
    }
}
