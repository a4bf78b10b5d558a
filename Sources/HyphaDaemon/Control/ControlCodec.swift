// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import HyphaBase
package import HyphaControl

/// JSON of the control socket: one object a line, both ways.
package enum ControlCodec {
    /// Answers one line.
    ///
    /// - Parameters:
    ///   - line: A request without its line feed.
    ///   - handler: Does what is asked; called at most once, with checked parameters.
    /// - Returns: The reply with its line feed; `nil` for a notification and for an empty line.
    package static func answer(
        line: [UInt8],
        handler: (ControlRequest) throws(ControlError) -> ControlAnswer
    ) -> [UInt8]? {
        let isBlank = line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }
        guard !isBlank else { return nil }
        guard line.count <= Limits.controlRequestBytesMax else { return reply(to: .lineTooLong) }
        let call: ControlCall
        do {
            call = try JSONDecoder().decode(ControlCall.self, from: Data(line))
        } catch {
            return reply(to: isJSON(line) ? .invalidRequest : .parseError)
        }
        let outcome: Result<ControlAnswer, ControlError>
        do throws(ControlError) {
            outcome = .success(try handler(try call.request.get()))
        } catch {
            outcome = .failure(error)
        }
        return call.id.map { encode(ControlReply(id: $0, outcome: outcome)) }
    }

    /// A reply to something that has no id.
    ///
    /// - Parameter error: What is wrong.
    /// - Returns: The reply with its line feed.
    package static func reply(to error: ControlError) -> [UInt8] {
        encode(ControlReply(id: .null, outcome: .failure(error)))
    }

    /// A client's request with its line feed.
    package static func encode(_ message: ControlMessage) -> [UInt8] {
        (try? line(message)) ?? []
    }

    /// A client reads the reply to its request.
    ///
    /// - Parameters:
    ///   - line: A reply without its line feed.
    ///   - type: What is expected.
    /// - Returns: The answer, or the daemon's error.
    /// - Throws: When the line is no reply of that type.
    package static func decode<Answer: Decodable & Sendable>(
        _ line: [UInt8],
        as type: Answer.Type
    ) throws -> Result<Answer, ControlError> {
        try JSONDecoder().decode(ReceivedReply<Answer>.self, from: Data(line)).outcome
    }

    /// JSON for programs, indented, keys sorted, with a line feed at the end.
    ///
    /// - Parameter value: What `--json` prints.
    /// - Returns: UTF-8.
    /// - Throws: When a number is not finite.
    package static func pretty(_ value: some Encodable) throws -> [UInt8] {
        let encoder = encoder()
        encoder.outputFormatting.insert(.prettyPrinted)
        return [UInt8](try encoder.encode(value)) + [UInt8(ascii: "\n")]
    }

    private static func encode(_ reply: ControlReply) -> [UInt8] {
        if let line = try? line(reply) { return line }
        let failed = ControlReply(id: reply.id, outcome: .failure(.internalError))
        return (try? line(failed)) ?? []
    }

    private static func line(_ value: some Encodable) throws -> [UInt8] {
        [UInt8](try encoder().encode(value)) + [UInt8(ascii: "\n")]
    }

    private static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    private static func isJSON(_ line: [UInt8]) -> Bool {
        (try? JSONDecoder().decode(AnyJSON.self, from: Data(line))) != nil
    }

    /// Any JSON at all.
    private struct AnyJSON: Decodable {
        init(from decoder: any Decoder) throws { _ = try decoder.singleValueContainer() }
    }
}
