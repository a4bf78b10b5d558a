// SPDX-License-Identifier: Apache-2.0

/// Stops the process when a rule of our own is broken; never for input from outside.
///
/// `fatalError` rather than `precondition`: with `-O` a failed precondition prints no message.
///
/// - Parameters:
///   - holds: The rule.
///   - rule: What is printed when it does not hold.
///   - file: The file of the rule.
///   - line: The line of the rule.
@inlinable @inline(always)
package func invariant(
    _ holds: @autoclosure () -> Bool,
    _ rule: @autoclosure () -> String,
    file: StaticString = #fileID,
    line: UInt = #line
) {
    if !holds() { fatalError("invariant broken: \(rule())", file: file, line: line) }
}
