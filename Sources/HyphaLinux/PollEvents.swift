// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
import HyphaBase

/// One descriptor's readiness.
package struct PollEvent: Hashable, Sendable {
    /// What the descriptor was added with.
    package let token: UInt64
    private let flags: UInt32

    /// Bytes, a connection or the end of the stream can be read.
    package var isReadable: Bool { flags & UInt32(HYPHA_POLL_READABLE) != 0 }
    /// There is room to write, or a connection attempt has ended.
    package var isWritable: Bool { flags & UInt32(HYPHA_POLL_WRITABLE) != 0 }
    /// Both directions are closed.
    package var isHangup: Bool { flags & UInt32(HYPHA_POLL_HANGUP) != 0 }
    /// An error is waiting to be read.
    package var isError: Bool { flags & UInt32(HYPHA_POLL_ERROR) != 0 }

    fileprivate init(_ native: hypha_poll_event) {
        token = native.token
        flags = native.flags
    }
}

/// Room for the events of one wait, made once and used again.
///
/// On the heap, because reading one element of an `InlineArray` of this size copies all of it.
@safe
package struct PollEvents: ~Copyable {
    private let storage: UnsafeMutableBufferPointer<hypha_poll_event>
    /// Events of the last wait, 0...``Limits/pollEventsMax``.
    package private(set) var count = 0

    package init() {
        // Safe: owned by this value and freed in `deinit`.
        unsafe storage = .allocate(capacity: Limits.pollEventsMax)
        unsafe storage.initialize(repeating: hypha_poll_event())
    }

    deinit {
        // Safe: allocated in `init`, and nobody else has it; the elements need no end.
        unsafe storage.deallocate()
    }

    /// The event at `index`, 0..<``count``.
    package subscript(index: Int) -> PollEvent {
        invariant(index >= 0 && index < count, "an event of the last wait")
        // Safe: `count` is at most the capacity, and all elements are initialised.
        return unsafe PollEvent(storage[index])
    }

    mutating func fill(from poller: Int32, timeout: Int64) {
        // Safe: the shim writes at most the room's size and keeps no pointer.
        let result = unsafe hypha_poller_wait(poller, storage.baseAddress, storage.count, timeout)
        invariant(result >= 0, "waiting on an epoll descriptor of our own cannot fail")
        count = Int(result)
    }
}
