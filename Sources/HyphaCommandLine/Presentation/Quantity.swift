// SPDX-License-Identifier: Apache-2.0

/// Numbers for people.
package enum Quantity {
    /// `512 B`, `1.5 MiB`.
    package static func bytes(_ count: UInt64) -> String {
        guard count >= 1024 else { return "\(count) B" }
        var unit = 0
        var scaled = count
        // The last division keeps one digit behind the point.
        while scaled >= 1024 * 1024, unit < units.count - 1 {
            scaled /= 1024
            unit += 1
        }
        let tenths = scaled / 1024 * 10 + scaled % 1024 * 10 / 1024
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }

    /// `0.4 s`, `12 s`, `5 m 12 s`, `3 h 4 m`, `2 d 3 h`.
    package static func seconds(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        if value < 10 { return fixed(max(0, value), digits: 1) + " s" }
        let whole = UInt64(min(value, 1e15))
        switch whole {
        case ..<60: return "\(whole) s"
        case ..<3600: return "\(whole / 60) m \(whole % 60) s"
        case ..<86_400: return "\(whole / 3600) h \(whole % 3600 / 60) m"
        default: return "\(whole / 86_400) d \(whole % 86_400 / 3600) h"
        }
    }

    /// Exactly `digits` (1...6) digits behind the point, rounded.
    package static func fixed(_ value: Double, digits: Int) -> String {
        guard value.isFinite else { return "-" }
        let power = (0..<max(1, min(digits, 6))).reduce(UInt64(1)) { power, _ in power * 10 }
        // Adding a half rounds, and needs nothing of libm.
        let scaled = UInt64(min(abs(value), 1e12) * Double(power) + 0.5)
        let fraction = String(scaled % power)
        let zeros = String(repeating: "0", count: max(0, String(power).count - 1 - fraction.count))
        return (value < 0 && scaled > 0 ? "-" : "") + "\(scaled / power).\(zeros)\(fraction)"
    }

    private static let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
}
