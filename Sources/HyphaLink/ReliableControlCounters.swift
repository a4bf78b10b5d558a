// SPDX-License-Identifier: Apache-2.0

/// What happened on one link's reliable control since the link started.
package struct ReliableControlCounters: Hashable, Sendable {
    /// Frames sent for the first time.
    package internal(set) var sent: UInt64 = 0
    /// Frames sent again.
    package internal(set) var resent: UInt64 = 0
    /// Packets refused: too large, or the queue was full.
    package internal(set) var refused: UInt64 = 0
    /// Frames heard more than once.
    package internal(set) var duplicates: UInt64 = 0
    /// Frames heard before one that was sent earlier.
    package internal(set) var outOfOrder: UInt64 = 0
    /// Frames further ahead than the window allows.
    package internal(set) var beyondWindow: UInt64 = 0
    /// Acknowledgements of frames that were never sent.
    package internal(set) var badAcknowledgements: UInt64 = 0

    package init() {}
}
