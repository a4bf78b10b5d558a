// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
import Glibc
import HyphaBase

/// The kernel refused something: what was attempted and why.
package struct SystemError: Error, Hashable, Sendable {
    /// What was attempted.
    package let operation: Operation
    /// An errno value, above 0.
    package let code: Int32

    /// What can fail, in words that follow "cannot".
    package enum Operation: String, Sendable {
        case openFile = "open the file"
        case wait = "wait for events"
        case watch = "watch a descriptor"
        case openEventCounter = "open an event counter"
        case openSignals = "open a signal descriptor"
        case startThread = "start a thread"
        case pinThread = "bind the thread to a processor"
        case openTUN = "open the TUN interface"
        case setOffloads = "set the TUN interface's offloads"
        case openRing = "open an io_uring"
        case openNetlink = "open a netlink socket"
        case listInterfaces = "list the interfaces"
        case listAddresses = "list the addresses"
        case changeInterface = "change the interface"
        case addAddress = "add the address"
        case addRoute = "add the route"
        case addVirtualPair = "add a pair of interfaces"
        case readNotifications = "read netlink notifications"
        case listen = "listen"
        case accept = "accept a connection"
        case openSocket = "open a socket"
        case connect = "connect"
        case setSocketOption = "set a socket option"
        case readSocketState = "read the socket's state"
        case readRoute = "ask for the route"
        case joinGroup = "join the multicast group"
        case leaveGroup = "leave the multicast group"
        case lockSocket = "lock the socket file"
        case inspectSocketFile = "inspect the socket file"
        case removeSocketFile = "remove the socket file"
        case setSocketFileOwner = "set the socket file's owner"
        case notifyServiceManager = "notify the service manager"
        case readCapabilities = "read the capabilities"
        case raiseDescriptorLimit = "raise the limit of descriptors"
        case readUsage = "read the process's usage"
        case enterNamespace = "enter the network namespace"
    }

    /// - Parameters:
    ///   - operation: What was attempted.
    ///   - code: An errno value, above 0.
    package init(operation: Operation, code: Int32) {
        self.operation = operation
        self.code = code
    }
}

extension SystemError: CustomStringConvertible {
    /// `cannot listen: Address already in use`.
    package var description: String {
        // Safe: the shim returns a constant text that is never freed.
        let reason = unsafe String(cString: hypha_error_text(code))
        return "cannot \(operation.rawValue): \(reason)"
    }
}

/// The result of a shim function, or the error that its negative value stands for.
///
/// EBADF and EFAULT are mistakes of ours and stop the process.
@discardableResult
func check<Result: SignedInteger>(
    _ result: Result,
    _ operation: SystemError.Operation
) throws(SystemError) -> Result {
    guard result < 0 else { return result }
    let code = Int32(truncatingIfNeeded: -result)
    refuseOwnMistake(code)
    throw SystemError(operation: operation, code: code)
}

/// Stops the process at errno values that only a mistake of ours can cause.
func refuseOwnMistake(_ code: Int32) {
    invariant(code != EBADF, "a descriptor was used after it was closed")
    invariant(code != EFAULT, "a system call got memory that is not ours")
}

/// Refuses texts that a C string would cut short.
func refuseZeroByte(
    in text: String,
    _ operation: SystemError.Operation
) throws(SystemError) {
    guard !text.utf8.contains(0) else {
        throw SystemError(operation: operation, code: EINVAL)
    }
}
