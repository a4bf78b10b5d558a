// SPDX-License-Identifier: Apache-2.0
import HyphaControl

/// Writes one log line.
struct LogLine {
    /// Longest value, in characters; the rest is cut off.
    static let valueCountMax = 512

    let format: LogFormat
    /// The journal stamps lines itself and takes the level from a prefix (sd-daemon(3)).
    let isForJournal: Bool

    /// - Parameters:
    ///   - event: What happened.
    ///   - fields: In order.
    ///   - time: Seconds since 1970.
    /// - Returns: UTF-8 with a line feed at the end and nowhere else.
    func render(_ event: LogEvent, _ fields: [(LogKey, String)], time: Double) -> [UInt8] {
        var all: [(String, String)] = []
        if !isForJournal { all.append(("time", Self.timestamp(time))) }
        if !isForJournal || format == .json { all.append(("level", event.level.rawValue)) }
        all.append(("message", event.rawValue))
        all += fields.map { ($0.0.rawValue, String($0.1.prefix(Self.valueCountMax))) }
        let prefix = isForJournal ? "<\(Self.priority(event.level))>" : ""
        let body =
            switch format {
            case .keyValue: all.map { "\($0.0)=\(Self.quoted($0.1))" }.joined(separator: " ")
            case .json:
                "{" + all.map { "\"\($0.0)\":\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
                    + "}"
            }
        return Array((prefix + body + "\n").utf8)
    }

    /// Syslog severities; trace is debug there.
    private static func priority(_ level: LogLevel) -> Int {
        switch level {
        case .error: 3
        case .warning: 4
        case .info: 6
        case .debug, .trace: 7
        }
    }

    /// Bare when nothing in it could be mistaken, otherwise in quotes.
    private static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.unicodeScalars.allSatisfy {
                $0.value > 0x20 && $0.value < 0x7f && $0 != "\"" && $0 != "=" && $0 != "\\"
            }
        return isPlain ? text : "\"" + escaped(text) + "\""
    }

    /// As in JSON (RFC 8259 section 7), and the C1 controls too: a terminal obeys them.
    private static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22: out += "\\\""
            case 0x5c: out += "\\\\"
            case 0x0a: out += "\\n"
            case 0x00..<0x20, 0x7f..<0xa0, 0x2028, 0x2029:
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    /// `2026-01-31T12:34:56.789Z` (RFC 3339).
    static func timestamp(_ seconds: Double) -> String {
        let milliseconds = Int64(max(0, min(seconds, 253_402_300_799)) * 1000)
        let days = milliseconds / 86_400_000
        let rest = milliseconds % 86_400_000
        let (year, month, day) = civil(days)
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let fraction = String(rest % 1000)
        let zeros = String(repeating: "0", count: 3 - fraction.count)
        return "\(year)-\(two(month))-\(two(day))T\(two(rest / 3_600_000))"
            + ":\(two(rest / 60_000 % 60)):\(two(rest / 1000 % 60)).\(zeros)\(fraction)Z"
    }

    /// The Gregorian date of a day since 1970-01-01, by eras of 400 years that begin on March 1st.
    private static func civil(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
